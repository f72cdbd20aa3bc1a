package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

const maxAhead = 5 * 60 * 1_000_000

var (
	envelopePrint, _  = hex.DecodeString("c3096ed037bd5d16")
	statementPrint, _ = hex.DecodeString("422ef794ed69321c")
)

// A reader judges records by one register, at one time, with the schemas of an export.
type reader struct {
	register            *register
	now                 int64
	envelope, statement *schema
	schemas             map[[32]byte]*schema
	used                map[[32]byte]bool
	lanes               map[origin]*lane
}

// An envelope is a record's value, decoded.
type envelope struct {
	statement  []byte
	index      int64
	proof      [][]byte
	checkpoint string
	parsed     *checkpoint
}

func single(data, known []byte, s *schema, codes [3]string) (map[string]any, *fault) {
	if len(data) < 10 || data[0] != 0xc3 || data[1] != 1 {
		return nil, refuse(codes[0], "no single-object encoding")
	}
	if !bytes.Equal(data[2:10], known) {
		return nil, refuse(codes[1], "fingerprint %x", data[2:10])
	}
	value, err := decodeAvro(s, data[10:])
	if err != nil {
		return nil, refuse(codes[2], "%v", err)
	}
	return value.(map[string]any), nil
}

// read judges one record of a lane: steps 1 to 8. It gives the envelope as far as it decodes, the
// statement as far as it is proven, and nil where the record is accepted or a duplicate.
func (r *reader) read(place origin, value []byte) (*envelope, map[string]any, *fault) {
	// 1 and 2.
	fields, wrong := single(value, envelopePrint, r.envelope,
		[3]string{"not-single-object", "unknown-envelope", "envelope-malformed"})
	if wrong != nil {
		return nil, nil, wrong
	}
	found := &envelope{statement: fields["statement"].([]byte), index: fields["index"].(int64),
		checkpoint: fields["checkpoint"].(string)}
	raw := fields["proof"].([]byte)
	if len(raw)%32 != 0 || len(raw) > 63*32 {
		return found, nil, refuse("proof-length", "%d bytes", len(raw))
	}
	for ; len(raw) > 0; raw = raw[32:] {
		found.proof = append(found.proof, raw[:32])
	}
	if len(found.checkpoint) > 16_384 {
		return found, nil, refuse("checkpoint-length", "%d bytes", len(found.checkpoint))
	}
	// 3.
	c, err := parseCheckpoint(found.checkpoint)
	if err != nil {
		return found, nil, refuse("checkpoint-malformed", "%v", err)
	}
	found.parsed = c
	switch {
	case c.origin.network != r.register.network:
		return found, nil, refuse("wrong-network", "%s", c.origin)
	case c.origin.topic != place.topic:
		return found, nil, refuse("wrong-topic", "%s", c.origin)
	case c.origin != place:
		return found, nil, refuse("wrong-key", "%s", c.origin)
	case found.index < 0 || found.index >= c.size:
		return found, nil, refuse("index-outside", "%d of %d", found.index, c.size)
	}
	// 4.
	by, wrong := r.signed(c)
	if wrong != nil {
		return found, nil, wrong
	}
	l := r.lanes[place]
	if l == nil {
		l = newLane()
		r.lanes[place] = l
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(found.statement)
	if l.overtaken(by, c.size) {
		if r.sameAgain(l, found, leaf) {
			return found, nil, nil
		}
		return found, nil, refuse("key-order", "a later key has signed a smaller size")
	}
	// 5.
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(found.index), uint64(c.size), leaf,
		found.proof, c.root); err != nil {
		return found, nil, refuse("not-included", "%v", err)
	}
	// 6.
	said, wrong := single(found.statement, statementPrint, r.statement,
		[3]string{"statement-not-single-object", "unknown-statement", "statement-malformed"})
	if wrong == nil {
		wrong = r.origin(said, c, by)
	}
	if wrong != nil {
		return found, nil, wrong
	}
	// 7.
	isNew, wrong := l.goesOn(newClaim(found.index, c.size, leaf, c.root, found.proof), by)
	if wrong != nil {
		return found, nil, wrong
	}
	if !isNew {
		return found, said, nil
	}
	// 8.
	return found, said, r.body(said)
}

// sameAgain tells whether an index was read before with this leaf and these left siblings.
func (r *reader) sameAgain(l *lane, e *envelope, leaf []byte) bool {
	c := newClaim(e.index, e.parsed.size, leaf, e.parsed.root, e.proof)
	known, there := l.read[e.index]
	return there && bytes.Equal(known, c.past())
}

func (r *reader) signed(c *checkpoint) (*key, *fault) {
	issuer := r.register.members[c.origin.member]
	if issuer == nil {
		return nil, refuse("unknown-administration", "%s", c.origin.member)
	}
	lanes, duty := issuer.lanes[c.origin.topic]
	if !duty {
		return nil, refuse("not-its-duty", "%s", c.origin.topic)
	}
	if c.origin.lane >= lanes {
		return nil, refuse("unknown-lane", "%d of %d", c.origin.lane, lanes)
	}
	var by *key
	for _, one := range issuer.keys {
		if c.issuer.names(1, one.public) {
			by = one
		}
	}
	if by == nil {
		return nil, refuse("unknown-key", "%x", c.issuer.raw[:4])
	}
	if !c.good(c.issuer, by.public) {
		return nil, refuse("bad-signature", "%s", c.origin)
	}
	for _, one := range c.lines {
		for _, known := range r.register.witnesses[one.name] {
			if _, good := c.witnessed(one, known); !good {
				return nil, refuse("bad-witness", "%s", one.name)
			}
		}
	}
	return by, nil
}

// origin holds a statement against its lane and its key.
func (r *reader) origin(said map[string]any, c *checkpoint, by *key) *fault {
	version := said["version"].(int64)
	id := uuid5(said["subject"].([]byte),
		strconv.FormatInt(version, 10)+"/"+said["change"].(string))
	issued := said["issued_at"].(int64)
	seen, named := by.believed[c.origin.String()]
	switch {
	case said["network"] != c.origin.network, said["issuer"] != c.origin.member,
		said["topic"] != c.origin.topic:
		return refuse("not-its-origin", "%v/%v/%v", said["network"], said["issuer"], said["topic"])
	case version < 1:
		return refuse("wrong-version", "%d", version)
	case !bytes.Equal(id, said["id"].([]byte)):
		return refuse("wrong-id", "%x", said["id"])
	case issued < by.from || issued > by.until:
		return refuse("outside-key-time", "%d", issued)
	case issued > r.now+maxAhead:
		return refuse("in-the-future", "%d", issued)
	case by.ended && (!named || c.size > seen.size),
		by.ended && c.size == seen.size && !bytes.Equal(c.root, seen.root):
		return refuse("not-believed", "size %d", c.size)
	}
	return nil
}

// body decodes what is said, and holds it to section 4. The domain's own checks are not here.
func (r *reader) body(said map[string]any) *fault {
	raw := said["body"].([]byte)
	withdrawal := said["change"] == "WITHDRAWAL"
	if withdrawal && len(raw) > 0 {
		return refuse("withdrawal-with-body", "%d bytes", len(raw))
	}
	if reason, _ := said["reason"].(string); said["change"] != "NEW" && reason == "" {
		return refuse("reason-missing", "%v", said["change"])
	}
	if err := handled(said["handling"].(map[string]any)); err != nil {
		return refuse("handling-wrong", "%v", err)
	}
	if withdrawal {
		return nil
	}
	sum := [32]byte(said["schema"].([]byte))
	s := r.schemas[sum]
	if s == nil {
		return refuse("unknown-schema", "%x", sum)
	}
	r.used[sum] = true
	if s.kind != "record" || s.fullname != said["type"] {
		return refuse("wrong-type", "%v", said["type"])
	}
	value, err := decodeAvro(s, raw)
	if err != nil {
		return refuse("body-malformed", "%v", err)
	}
	fields := value.(map[string]any)
	reference, there := fields["national_ref"].(string)
	issuer := said["issuer"].(string)
	if there && strings.HasPrefix(said["topic"].(string), "alerts.") &&
		!bytes.Equal(subjectID(r.register.network, issuer, reference), said["subject"].([]byte)) {
		return refuse("wrong-subject", "%s", reference)
	}
	return nil
}

// handled holds handling marks to section 4.
func handled(marks map[string]any) error {
	seen := map[any]bool{}
	for _, code := range marks["codes"].([]any) {
		if seen[code] {
			return errors.New("a code twice")
		}
		seen[code] = true
	}
	if _, conditions := marks["conditions"].(string); len(seen) == 0 || conditions != seen["H3"] {
		return errors.New("no code, or H3 without conditions, or they without it")
	}
	if grade := marks["information_grade"].(int64); grade < 1 || grade > 4 {
		return errors.New("no grade of information")
	}
	end, there := marks["expires_at"].(int64)
	if there && (end < 1_000_000_000_000_000 || end > 7_258_118_400_000_000) {
		return errors.New("no time of expiry")
	}
	for _, name := range []string{"purpose", "legal_basis", "conditions"} {
		if text, there := marks[name].(string); there && !oneLine(text) {
			return errors.New(name + " is no line")
		}
	}
	return nil
}

func oneLine(text string) bool {
	long := utf8.RuneCountInString(text)
	return long > 0 && long <= 4_096 && strings.TrimSpace(text) == text &&
		strings.IndexFunc(text, invisible) < 0
}

func invisible(c rune) bool {
	switch {
	case c < 0x20, c >= 0x7f && c < 0xa0, c >= 0x2028 && c <= 0x202e, c >= 0x2066 && c <= 0x2069:
		return true
	}
	return slices.Contains([]rune{0x61c, 0x200e, 0x200f, 0xfeff, 0xfffe, 0xffff}, c)
}
