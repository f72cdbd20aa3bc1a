package main

import "fmt"

// A fault is a reason to refuse: a code of the wire format, and a sentence for people.
type fault struct {
	code, why string
}

func (f *fault) Error() string { return f.code + ": " + f.why }

func refuse(code, format string, values ...any) *fault {
	return &fault{code, fmt.Sprintf(format, values...)}
}
