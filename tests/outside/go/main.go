// Command outside holds envelopes against other people's code: golang.org/x/mod/sumdb/note for the
// signature, github.com/transparency-dev/merkle for the proof. It reads a JSON list of claims from
// standard input and writes a JSON list of strings: "" where all holds, else the reason.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

// A claim is an envelope, and the issuer's key as sumdb/note writes it: name+id+key.
type claim struct {
	Key        string `json:"key"`
	Statement  []byte `json:"statement"`
	Index      uint64 `json:"index"`
	Proof      []byte `json:"proof"`
	Checkpoint string `json:"checkpoint"`
}

func (c claim) check() error {
	verifier, err := note.NewVerifier(c.Key)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(c.Checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return fmt.Errorf("not a checkpoint of %s", verifier.Name())
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil {
		return err
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil {
		return err
	}
	if len(c.Proof)%32 != 0 {
		return fmt.Errorf("a proof of %d bytes", len(c.Proof))
	}
	var hashes [][]byte
	for at := 0; at < len(c.Proof); at += 32 {
		hashes = append(hashes, c.Proof[at:at+32])
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(c.Statement)
	return proof.VerifyInclusion(rfc6962.DefaultHasher, c.Index, size, leaf, hashes, root)
}

func main() {
	var claims []claim
	if err := json.NewDecoder(os.Stdin).Decode(&claims); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(65)
	}
	results := make([]string, len(claims))
	for n, c := range claims {
		if err := c.check(); err != nil {
			results[n] = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		os.Exit(74)
	}
}
