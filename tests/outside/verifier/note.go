package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

var errNote = errors.New("malformed checkpoint")

// A line is a signature line of a note: its bytes are a key id and a signature.
type line struct {
	name string
	raw  []byte
}

// A checkpoint is a parsed signed note of three lines.
type checkpoint struct {
	text   string // what is signed, with its last newline
	origin origin
	size   int64
	root   []byte
	lines  []line
	issuer line
}

func exactBase64(text string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != text {
		return nil, errNote
	}
	return raw, nil
}

// parseCheckpoint reads the note as strictly as section 3 asks.
func parseCheckpoint(note string) (*checkpoint, error) {
	if len(note) > 16_384 || !utf8.ValidString(note) {
		return nil, errNote
	}
	for _, c := range note {
		if c < 0x20 && c != '\n' {
			return nil, errNote
		}
	}
	split := strings.LastIndex(note, "\n\n")
	if split < 0 || !strings.HasSuffix(note, "\n") {
		return nil, errNote
	}
	found := &checkpoint{text: note[:split+1]}
	signatures := strings.Split(strings.TrimSuffix(note[split+2:], "\n"), "\n")
	if len(signatures) > 16 {
		return nil, errNote
	}
	for _, one := range signatures {
		rest, dashed := strings.CutPrefix(one, "\u2014 ")
		name, encoded, spaced := strings.Cut(rest, " ")
		if !dashed || !spaced || name == "" || strings.Contains(name, "+") ||
			strings.IndexFunc(name, unicode.IsSpace) >= 0 {
			return nil, errNote
		}
		raw, err := exactBase64(encoded)
		if err != nil || len(raw) < 5 {
			return nil, errNote
		}
		found.lines = append(found.lines, line{name, raw})
	}
	parts := strings.Split(strings.TrimSuffix(found.text, "\n"), "\n")
	if len(parts) != 3 {
		return nil, errNote
	}
	var ok, sized bool
	var err error
	found.origin, ok = parseOrigin(parts[0])
	found.size, sized = number(parts[1])
	found.root, err = exactBase64(parts[2])
	if !ok || !sized || err != nil || len(found.root) != 32 {
		return nil, errNote
	}
	named := 0
	for _, one := range found.lines {
		if one.name == parts[0] {
			found.issuer = one
			named++
		}
	}
	if named != 1 {
		return nil, errNote
	}
	return found, nil
}

func keyID(name string, kind byte, public []byte) []byte {
	sum := sha256.Sum256(append(append([]byte(name), '\n', kind), public...))
	return sum[:4]
}

// names tells whether a line has the key id of a plain key; good whether it is its signature.
func (l line) names(kind byte, public []byte) bool {
	return bytes.Equal(l.raw[:4], keyID(l.name, kind, public))
}

func (c *checkpoint) good(l line, public []byte) bool {
	return len(l.raw) == 68 && ed25519.Verify(public, []byte(c.text), l.raw[4:])
}

// witnessed tells whether a line by a known witness is good, as others are, and whether it counts:
// then at what time the witness had this, in microseconds.
func (c *checkpoint) witnessed(l line, by witness) (time int64, good bool) {
	switch {
	case l.names(1, by.public):
		return -1, c.good(l, by.public)
	case l.names(4, by.public):
		if len(l.raw) != 76 {
			return -1, false
		}
		at := binary.BigEndian.Uint64(l.raw[4:12])
		message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", at, c.text)
		if at >= 1<<63 || !ed25519.Verify(by.public, []byte(message), l.raw[12:]) {
			return -1, false
		}
		if at > 1<<63/1_000_000 || int64(at)*1_000_000 < by.from || int64(at)*1_000_000 > by.until {
			return -1, true
		}
		return int64(at) * 1_000_000, true
	}
	return -1, true
}
