package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The kinds of files, in their order.
const (
	kindNone = iota
	kindManifest
	kindHTML
	kindText
	kindRoot
	kindRegister
	kindSchema
	kindRecord
	kindSums
)

var (
	chainForm  = regexp.MustCompile(`^(root|register)/([1-9][0-9]{0,8})\.json$`)
	schemaForm = regexp.MustCompile(`^schemas/[a-z]+\.[1-9][0-9]{0,8}\.avsc$`)
	recordForm = regexp.MustCompile(`^lanes/([^/]+/[^/]+/[^/]+)/([0-9]+)\.([a-z-]+)$`)
	suffixes   = []string{"envelope", "statement", "tlog-proof", "cosigned"}
	tlps       = []string{"CLEAR", "GREEN", "AMBER", "AMBER_STRICT", "RED"}
	released   = map[string]string{
		"schemas/envelope.1.avsc":  "1d36f9c40c883a6f02c2d8487ffd0be14b963f5b72254d22717a8a38b0d09431",
		"schemas/statement.1.avsc": "b5a08a9221590aab78004da2faeca553118da929a20f61ec81d19af4cf3145d1",
	}
)

// A place is where a file stands in the order of files.
type place struct {
	kind   int
	name   string // of a schema
	origin origin // of a record, without its network
	number int64  // a version, or an index
	file   int
}

func placeOf(name string) (place, int, bool) {
	const mib = 1 << 20
	switch name {
	case "manifest.json":
		return place{kind: kindManifest}, 16 * mib, true
	case "cover.html":
		return place{kind: kindHTML}, 64 * mib, true
	case "cover.txt":
		return place{kind: kindText}, 64 * mib, true
	case sums:
		return place{kind: kindSums}, sizeLimit, true
	}
	if match := chainForm.FindStringSubmatch(name); match != nil {
		version, _ := number(match[2])
		if match[1] == "root" {
			return place{kind: kindRoot, number: version}, 262_144, true
		}
		return place{kind: kindRegister, number: version}, 8_388_608, true
	}
	if schemaForm.MatchString(name) {
		return place{kind: kindSchema, name: name}, mib, true
	}
	match := recordForm.FindStringSubmatch(name)
	if match == nil {
		return place{}, 0, false
	}
	lane, ok := parseOrigin("x/" + match[1])
	index, also := number(match[2])
	file := slices.Index(suffixes, match[3])
	limit := mib
	if file == 0 {
		limit = 900_000
	}
	lane.network = ""
	return place{kindRecord, "", lane, index, file}, limit,
		ok && also && file >= 0 && lane.topic != "grants"
}

func (p place) before(q place) bool {
	switch {
	case p.kind != q.kind:
		return p.kind < q.kind
	case p.kind == kindSchema:
		return p.name < q.name
	case p.origin != q.origin:
		return p.origin.before(q.origin)
	}
	return p.number < q.number
}

// follows tells whether q may stand after p.
func (p place) follows(q place) bool {
	switch {
	case p.kind == kindRecord && p.file < 2:
		p.file++
		return p == q
	case q.kind == kindRoot && p.kind == kindRoot:
		return q.number == p.number+1
	case q.kind == kindRoot:
		return p.kind == kindText && q.number == 1
	case q.kind <= kindRegister:
		return p.kind == q.kind-1
	case q.kind == kindSums:
		return p.kind == kindRecord
	}
	if q.file == 3 {
		p.file++
		return p == q
	}
	return p.kind >= kindRegister && q.file == 0 && p.before(q)
}

type ranged struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// A held is what the export has of a lane.
type held struct {
	Origin string   `json:"origin"`
	From   int64    `json:"from"`
	To     int64    `json:"to"`
	Gaps   []ranged `json:"gaps"`
	// Since when what is here existed, by whose word.
	Witnessed []*witnessed `json:"witnessed"`
	next      int64
	run       int64 // from here on they stand without a gap or a fault
}

type witnessed struct {
	From    int64  `json:"from"`
	To      int64  `json:"to"`
	At      int64  `json:"at"`
	Witness string `json:"witness"`
}

// A result is what verifying an export gave.
type result struct {
	Holds   bool        `json:"holds"`
	Refused string      `json:"refused"`
	Why     string      `json:"why"`
	Records int         `json:"records"`
	Faults  [][2]string `json:"faults"`
	Lanes   []*held     `json:"lanes"`
}

// A question is an export, and what the verifier knows: a root, its clock, perhaps a time.
type question struct {
	Export []byte `json:"export"`
	Root   []byte `json:"root"`
	Now    int64  `json:"now"`
	At     *int64 `json:"at"`
}

type verifying struct {
	question
	result
	manifest *manifest
	at       int64
	roots    [][]byte
	reader   *reader
	schemas  map[[32]byte]bool // whether released
	marks    marks
	lanes    map[origin]*held
	files    [][]byte
	last     *good // the last record, if it is good
}

// A good record, to which witnesses may have a word.
type good struct {
	envelope *envelope
	held     *held
	where    string
}

// verify judges an export by section 11.
func verify(q question) *result {
	v := &verifying{question: q, lanes: map[origin]*held{}, schemas: map[[32]byte]bool{},
		marks: marks{tlp: tlps[0]}}
	v.Faults, v.Lanes = [][2]string{}, []*held{}
	v.reader = &reader{schemas: map[[32]byte]*schema{}, used: map[[32]byte]bool{},
		lanes: map[origin]*lane{}}
	err := v.run()
	var wrong *fault
	if errors.As(err, &wrong) {
		v.Refused, v.Why = wrong.code, wrong.why
	}
	v.Holds = err == nil && len(v.Faults) == 0
	return &v.result
}

func (v *verifying) run() error {
	in := &archive{data: v.Export}
	var before, now place
	limit := func(name string) (int, error) {
		found, most, ok := placeOf(name)
		if !ok || !before.follows(found) {
			return 0, refuse("zip", "%q may not stand here", name)
		}
		now = found
		return most, nil
	}
	for now.kind != kindSums {
		name, data, err := in.next(limit)
		if err == nil {
			before = now
			err = v.take(now, name, data, in)
		}
		if err != nil {
			return err
		}
	}
	if err := in.finish(); err != nil {
		return err
	}
	for _, one := range v.Lanes {
		if one.next < one.To {
			one.Gaps = append(one.Gaps, ranged{one.next, one.To})
		}
	}
	if len(v.Faults) > 0 {
		return nil
	}
	return v.compare()
}

func (v *verifying) take(at place, name string, data []byte, in *archive) error {
	switch at.kind {
	case kindManifest:
		found, err := parseManifest(data)
		if err != nil {
			return refuse("manifest", "%v", err)
		}
		clock, date, ok := dosTime(found.madeAt)
		if !ok || clock != in.time || date != in.date || found.madeAt > v.Now+maxAhead {
			return refuse("manifest", "made_at is not the files' time, or in the future")
		}
		v.manifest, v.at = found, found.madeAt
		if v.At != nil {
			v.at = *v.At
		}
	case kindRoot:
		v.roots = append(v.roots, data)
	case kindRegister:
		found, err := follow(v.Root, v.roots, data, at.number, v.at)
		if err != nil {
			return refuse("register", "%v", err)
		}
		m := v.manifest
		if m.network != found.network || m.root != found.newest || m.register != found.version {
			return refuse("register", "the manifest names another network, root or register")
		}
		v.reader.register, v.reader.now = found, v.at
	case kindSchema:
		return v.schema(name, data)
	case kindRecord:
		if at.file == 3 && v.manifest.plain {
			return refuse("zip", "%s in an export without witnesses", name)
		}
		if at.file == 3 {
			v.cosigned(data)
			return nil
		}
		if v.files = append(v.files, data); len(v.files) < 3 {
			return nil
		}
		if v.reader.envelope == nil || v.reader.statement == nil {
			return refuse("schemas", "Envelope or Statement is missing")
		}
		v.record(at, v.files)
		v.files = nil
	}
	return nil
}

func (v *verifying) schema(name string, data []byte) error {
	sum := sha256.Sum256(data)
	if _, twice := v.schemas[sum]; twice {
		return refuse("schemas", "%s is there twice", name)
	}
	known := released[name] == hex.EncodeToString(sum[:])
	v.schemas[sum] = known
	parsed, err := parseSchema(data)
	if err != nil {
		return nil // nobody can use it: found at the end
	}
	v.reader.schemas[sum] = parsed
	if known && strings.HasPrefix(name, "schemas/envelope.") {
		v.reader.envelope = parsed
	} else if known {
		v.reader.statement = parsed
	}
	return nil
}

func (v *verifying) record(at place, files [][]byte) {
	v.Records++
	lane := at.origin
	lane.network = v.reader.register.network
	one := v.lanes[lane]
	if one == nil {
		one = &held{Origin: lane.String(), From: at.number, next: at.number, run: at.number,
			Gaps: []ranged{}, Witnessed: []*witnessed{}}
		v.lanes[lane] = one
		v.Lanes = append(v.Lanes, one)
	}
	if one.next < at.number {
		one.Gaps = append(one.Gaps, ranged{one.next, at.number})
		one.run = at.number
	}
	one.next = at.number + 1
	one.To = max(one.To, one.next)
	found, said, wrong := v.reader.read(lane, files[0])
	if wrong == nil {
		one.To = max(one.To, found.parsed.size)
		v.marks.join(said)
		switch {
		case found.index != at.number:
			wrong = refuse("wrong-place", "it is number %d", found.index)
		case !bytes.Equal(found.statement, files[1]):
			wrong = refuse("statement-file", "it is not the envelope's")
		case found.tlogProof() != string(files[2]):
			wrong = refuse("proof-file", "it is not the envelope's")
		}
	}
	where := fmt.Sprintf("lanes/%s/%s/%d/%d", lane.member, lane.topic, lane.lane, at.number)
	v.last = &good{found, one, where}
	if wrong != nil {
		v.Faults = append(v.Faults, [2]string{where, wrong.code})
		v.last = nil
		one.run = one.next
	}
}

// tlogProof is the envelope as a C2SP tlog-proof.
func (e *envelope) tlogProof() string {
	var out strings.Builder
	fmt.Fprintf(&out, "c2sp.org/tlog-proof@v1\nindex %d\n", e.index)
	for _, hash := range e.proof {
		out.WriteString(base64.StdEncoding.EncodeToString(hash) + "\n")
	}
	return out.String() + "\n" + e.checkpoint
}

// compare holds the manifest's claims against what was found.
func (v *verifying) compare() error {
	for sum, known := range v.schemas {
		if !known && !v.reader.used[sum] {
			return refuse("schemas", "one is used by no statement")
		}
	}
	m := v.manifest
	if m.records != int64(v.Records) || len(m.lanes) != len(v.Lanes) {
		return refuse("claims", "other records or lanes")
	}
	for i, found := range v.Lanes {
		said := m.lanes[i]
		if said.Origin != found.Origin || said.From != found.From || said.To != found.To ||
			!slices.Equal(said.Gaps, found.Gaps) {
			return refuse("claims", "%s: another range or other gaps", found.Origin)
		}
	}
	if !m.marks.equal(v.marks) {
		return refuse("claims", "other handling marks")
	}
	return nil
}
