package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

var errCosigned = errors.New("no word of a witness on this record")

// cosigned reads what witnesses say of the last record, if that is good.
func (v *verifying) cosigned(data []byte) {
	if v.last == nil {
		return
	}
	at, by, err := v.word(v.last.envelope, data)
	if err != nil {
		v.Faults = append(v.Faults, [2]string{v.last.where, "cosigned-file"})
		v.last.held.run = v.last.held.next
		v.last = nil
		return
	}
	v.last.held.word(v.last.envelope.index+1, at, by)
}

// word takes in that a witness had all of this run before an index: the earliest time counts for
// each, and of equal times the first name.
func (h *held) word(before, at int64, by string) {
	var known []*witnessed
	for _, one := range h.Witnessed {
		if one.To > h.run && (one.At > at || one.At == at && one.Witness > by) {
			break // and all after it, whose times are later still
		}
		known = append(known, one)
	}
	from := h.run
	if n := len(known); n > 0 && known[n-1].To > h.run {
		from = known[n-1].To
		if last := known[n-1]; last.At == at && last.Witness == by {
			last.To, h.Witnessed = before, known
			return
		}
	}
	h.Witnessed = known
	if from < before {
		h.Witnessed = append(known, &witnessed{from, before, at, by})
	}
}

// word is the earliest time that a .cosigned file proves for a record, and whose it is.
func (v *verifying) word(e *envelope, data []byte) (int64, string, error) {
	hashes, c, err := parseProof(data, e.index)
	if err != nil {
		return 0, "", err
	}
	if c.origin != e.parsed.origin || e.index >= c.size {
		return 0, "", errCosigned
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(e.statement)
	if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(e.index), uint64(c.size), leaf,
		hashes, c.root); err != nil {
		return 0, "", err
	}
	theirs := newClaim(e.index, c.size, leaf, c.root, hashes)
	ours := newClaim(e.index, e.parsed.size, leaf, e.parsed.root, e.proof)
	if !bytes.Equal(theirs.past(), ours.past()) {
		return 0, "", errCosigned
	}
	by, wrong := v.reader.signed(c)
	if wrong != nil {
		return 0, "", errCosigned
	}
	if seen, named := by.believed[c.origin.String()]; by.ended && (!named || c.size > seen.size ||
		c.size == seen.size && !bytes.Equal(c.root, seen.root)) {
		return 0, "", errCosigned
	}
	var first *witnessed
	for _, one := range c.lines {
		for _, known := range v.reader.register.witnesses[one.name] {
			at, _ := c.witnessed(one, known)
			if at >= 0 && (first == nil || at < first.At || at == first.At && one.name < first.Witness) {
				first = &witnessed{At: at, Witness: one.name}
			}
		}
	}
	if first == nil {
		return 0, "", errCosigned
	}
	return first.At, first.Witness, nil
}

// parseProof takes a C2SP tlog-proof without an extra line apart.
func parseProof(data []byte, index int64) ([][]byte, *checkpoint, error) {
	top, note, there := strings.Cut(string(data), "\n\n")
	lines := strings.Split(top, "\n")
	head := []string{"c2sp.org/tlog-proof@v1", fmt.Sprintf("index %d", index)}
	if !there || !utf8.Valid(data) || len(lines) < 2 || !slices.Equal(lines[:2], head) ||
		len(lines) > 65 {
		return nil, nil, errCosigned
	}
	var hashes [][]byte
	for _, line := range lines[2:] {
		hash, err := exactBase64(line)
		if err != nil || len(hash) != 32 {
			return nil, nil, errCosigned
		}
		hashes = append(hashes, hash)
	}
	c, err := parseCheckpoint(note)
	return hashes, c, err
}
