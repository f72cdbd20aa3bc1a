package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"time"
)

// A document is a TUF file: what is signed, its canonical form, the signatures by key id.
type document struct {
	signed     map[string]any
	payload    []byte
	signatures map[string][]byte
}

func parseDocument(data []byte, kind string) (*document, error) {
	value, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	whole, _ := value.(map[string]any)
	signed, ok := whole["signed"].(map[string]any)
	if !ok || signed["_type"] != kind {
		return nil, fmt.Errorf("this is not %s metadata", kind)
	}
	var payload bytes.Buffer
	if err := canonical(&payload, signed, false); err != nil {
		return nil, err
	}
	found := &document{signed, payload.Bytes(), map[string][]byte{}}
	list, ok := whole["signatures"].([]any)
	if !ok {
		return nil, fmt.Errorf("no list of signatures")
	}
	for _, one := range list {
		entry, _ := one.(map[string]any)
		id, good := entry["keyid"].(string)
		sig, also := entry["sig"].(string)
		if _, twice := found.signatures[id]; !good || !also || twice {
			return nil, fmt.Errorf("a signature is malformed or there twice")
		}
		found.signatures[id], _ = hex.DecodeString(sig)
	}
	return found, nil
}

func whole(value any) int64 {
	n, ok := value.(json.Number)
	if !ok {
		return -1
	}
	found, good := number(string(n))
	if !good {
		return -1
	}
	return found
}

func (d *document) version() int64 { return whole(d.signed["version"]) }

func (d *document) network() string {
	name, _ := d.signed["network"].(string)
	return name
}

func (d *document) unexpired(at int64) error {
	text, _ := d.signed["expires"].(string)
	end, err := time.Parse("2006-01-02T15:04:05Z", text)
	if err != nil || end.UnixMicro() <= at {
		return fmt.Errorf("expired: %q", text)
	}
	return nil
}

// role gives the public keys of a role by their ids, and its threshold.
func (d *document) role(name string) (map[string]string, int64, error) {
	roles, _ := d.signed["roles"].(map[string]any)
	role, ok := roles[name].(map[string]any)
	ids, also := role["keyids"].([]any)
	keys, _ := d.signed["keys"].(map[string]any)
	threshold := whole(role["threshold"])
	if !ok || !also || threshold < 1 {
		return nil, 0, fmt.Errorf("no role %s", name)
	}
	found, publics := map[string]string{}, map[string]bool{}
	for _, one := range ids {
		id, _ := one.(string)
		key, _ := keys[id].(map[string]any)
		value, _ := key["keyval"].(map[string]any)
		public, _ := value["public"].(string)
		if _, twice := found[id]; twice || (public != "" && publics[public]) {
			return nil, 0, fmt.Errorf("role %s names a key twice", name)
		}
		publics[public] = true
		if key["keytype"] != "ed25519" || key["scheme"] != "ed25519" {
			public = ""
		}
		found[id] = public
	}
	return found, threshold, nil
}

// signs tells whether a role of this root has signed another document.
func (d *document) signs(name string, other *document) error {
	keys, threshold, err := d.role(name)
	if err != nil {
		return err
	}
	var good int64
	for id, public := range keys {
		key, err := hex.DecodeString(public)
		if err == nil && len(key) == 32 && ed25519.Verify(key, other.payload, other.signatures[id]) {
			good++
		}
	}
	if good < threshold {
		return fmt.Errorf("%d of %d signatures as %s", good, threshold, name)
	}
	return nil
}

func parseRoot(data []byte) (*document, error) {
	root, err := parseDocument(data, "root")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"root", "targets"} {
		if _, _, err := root.role(name); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// A key is a signing key of a member.
type key struct {
	public      []byte
	from, until int64
	ended       bool
	believed    map[string]believed
}

type believed struct {
	size int64
	root []byte
}

type member struct {
	lanes map[string]int64
	keys  []*key
}

// A witness is a key that co-signs, and the microseconds between which that counts.
type witness struct {
	public      []byte
	from, until int64
}

type register struct {
	network         string
	version, newest int64 // of the register, and of the newest root in the export
	members         map[string]*member
	witnesses       map[string][]witness
}

// follow verifies roots (from version 1) and a register from a trusted root, at a time.
func follow(trusted []byte, roots [][]byte, data []byte, named, at int64) (*register, error) {
	newest, err := parseRoot(trusted)
	if err != nil {
		return nil, err
	}
	if err := newest.signs("root", newest); err != nil {
		return nil, err
	}
	for i, file := range roots {
		root, err := parseRoot(file)
		if err != nil {
			return nil, err
		}
		version := int64(i + 1)
		if root.version() != version {
			return nil, fmt.Errorf("root/%d.json holds version %d", version, root.version())
		}
		switch {
		case version == newest.version() && i < len(roots):
			if !bytes.Equal(root.payload, newest.payload) {
				return nil, fmt.Errorf("root %d is not the trusted one", version)
			}
		case version == newest.version()+1:
			if root.network() != newest.network() {
				return nil, fmt.Errorf("root %d is of another network", version)
			}
			for _, judge := range []*document{newest, root} {
				if err := judge.signs("root", root); err != nil {
					return nil, err
				}
			}
			newest = root
		case version > newest.version():
			return nil, fmt.Errorf("a root is missing before %d", version)
		}
	}
	if err := newest.unexpired(at); err != nil {
		return nil, err
	}
	document, err := parseDocument(data, "targets")
	if err != nil {
		return nil, err
	}
	if err := newest.signs("targets", document); err != nil {
		return nil, err
	}
	if err := document.unexpired(at); err != nil {
		return nil, err
	}
	content, _ := document.signed["register"].(map[string]any)
	if document.version() != named || content["network"] != newest.network() ||
		whole(content["root"]) < 0 || whole(content["root"]) > newest.version() {
		return nil, fmt.Errorf("the register's version, network or root is not what it must be")
	}
	found := &register{network: newest.network(), version: named, newest: int64(len(roots)),
		members: map[string]*member{}, witnesses: map[string][]witness{}}
	return found, found.fill(content)
}

func (r *register) fill(content map[string]any) error {
	members, _ := content["administrations"].(map[string]any)
	seen := map[string]bool{}
	for id, value := range members {
		entry, _ := value.(map[string]any)
		if entry["id"] != id {
			return fmt.Errorf("%s is listed under another id", id)
		}
		one := &member{lanes: map[string]int64{}}
		duties, _ := entry["duties"].(map[string]any)
		for topic, lanes := range duties {
			one.lanes[topic] = whole(lanes)
		}
		signing, _ := entry["signing"].([]any)
		for _, value := range signing {
			described, _ := value.(map[string]any)
			made, err := parseKey(described)
			if err != nil || seen[string(made.public)] {
				return fmt.Errorf("%s: a signing key is malformed or there twice", id)
			}
			seen[string(made.public)] = true
			one.keys = append(one.keys, made)
		}
		r.members[id] = one
	}
	witnesses, _ := content["witnesses"].([]any)
	for _, value := range witnesses {
		entry, _ := value.(map[string]any)
		name, _ := entry["name"].(string)
		public, err := publicKey(entry["public"])
		if err != nil {
			return err
		}
		one := witness{public, max(whole(entry["from"]), 0), 1<<63 - 1}
		if until, there := entry["until"]; there && until != nil {
			one.until = whole(until)
		}
		r.witnesses[name] = append(r.witnesses[name], one)
	}
	return nil
}

func parseKey(entry map[string]any) (*key, error) {
	public, err := publicKey(entry["public"])
	if err != nil {
		return nil, err
	}
	made := &key{public: public, from: whole(entry["from"]), until: 1<<63 - 1}
	if end, there := entry["until"]; there && end != nil {
		made.until = whole(end)
	}
	ended, there := entry["ended"].(map[string]any)
	if !there {
		return made, nil
	}
	made.ended, made.believed = true, map[string]believed{}
	checkpoints, _ := ended["believed"].(map[string]any)
	for line, value := range checkpoints {
		entry, _ := value.(map[string]any)
		text, _ := entry["root"].(string)
		root, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(root) != 32 || whole(entry["size"]) < 0 {
			return nil, fmt.Errorf("a checkpoint believed is malformed")
		}
		made.believed[line] = believed{whole(entry["size"]), root}
	}
	return made, nil
}

// publicKey refuses what is no key: section 3 excludes small orders and large coordinates.
func publicKey(value any) ([]byte, error) {
	text, _ := value.(string)
	public, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(public) != 32 {
		return nil, fmt.Errorf("a public key has not 32 bytes")
	}
	big32 := make([]byte, 32)
	for i, b := range public {
		big32[31-i] = b
	}
	big32[0] &= 0x7f
	y := new(big.Int).SetBytes(big32)
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	if y.Cmp(p) >= 0 || smallOrder(y, p) {
		return nil, fmt.Errorf("a public key is not canonical or of small order")
	}
	return public, nil
}

// smallOrder tells whether doubling a point with this y thrice gives the neutral element. For
// -x^2 + y^2 = 1 + d x^2 y^2 the y of 2P follows from y alone: x^2 = (y^2 - 1) / (d y^2 + 1), and
// y(2P) = (y^2 + x^2) / (2 - y^2 + x^2).
func smallOrder(y, p *big.Int) bool {
	one, two := big.NewInt(1), big.NewInt(2)
	d := new(big.Int).ModInverse(big.NewInt(121666), p)
	d.Mul(d, big.NewInt(-121665)).Mod(d, p)
	at := new(big.Int).Set(y)
	for range 3 {
		yy := new(big.Int).Mul(at, at)
		yy.Mod(yy, p)
		below := new(big.Int).Mul(d, yy)
		below.Add(below, one).ModInverse(below.Mod(below, p), p)
		xx := new(big.Int).Sub(yy, one)
		xx.Mul(xx, below).Mod(xx, p)
		under := new(big.Int).Sub(two, yy)
		under.Add(under, xx).Mod(under, p)
		if under.ModInverse(under, p) == nil {
			return false
		}
		at.Add(yy, xx).Mul(at, under).Mod(at, p)
	}
	return at.Cmp(one) == 0
}
