// Command verifier is a second verifier of Entente's exports, written from schemas/README.md and
// the formats it names, without the project's own code.
//
//	verifier ROOT.json EXPORT.zip    prints what was found; ends with 0 only if all holds
//	verifier < questions.json        answers a JSON list of questions with a list of results
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	out := json.NewEncoder(os.Stdout)
	if len(os.Args) == 3 {
		root, err := os.ReadFile(os.Args[1])
		check(err)
		data, err := os.ReadFile(os.Args[2])
		check(err)
		found := verify(question{Export: data, Root: root, Now: time.Now().UnixMicro()})
		check(out.Encode(found))
		if !found.Holds {
			os.Exit(1)
		}
		return
	}
	var questions []question
	check(json.NewDecoder(os.Stdin).Decode(&questions))
	results := make([]*result, len(questions))
	for i, one := range questions {
		results[i] = verify(one)
	}
	check(out.Encode(results))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "verifier:", err)
		os.Exit(2)
	}
}
