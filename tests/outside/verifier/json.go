package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
)

// parseJSON reads one JSON value, numbers as written.
func parseJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("more than one JSON value")
	}
	return value, nil
}

// canonical writes a value with sorted names and no white space. TUF escapes only the quotation
// mark and the reverse solidus (section 6); RFC 8785 escapes control characters as well.
func canonical(out *bytes.Buffer, value any, controls bool) error {
	switch v := value.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		fmt.Fprint(out, v)
	case json.Number:
		n, ok := new(big.Int).SetString(string(v), 10)
		if !ok {
			return fmt.Errorf("%s is not a whole number", v)
		}
		out.WriteString(n.String())
	case string:
		text(out, v, controls)
	case []any:
		out.WriteByte('[')
		for i, one := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := canonical(out, one, controls); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case map[string]any:
		names := make([]string, 0, len(v))
		for name := range v {
			names = append(names, name)
		}
		slices.Sort(names)
		out.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				out.WriteByte(',')
			}
			text(out, name, controls)
			out.WriteByte(':')
			if err := canonical(out, v[name], controls); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	}
	return nil
}

func text(out *bytes.Buffer, s string, controls bool) {
	short := map[rune]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`}
	out.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteRune(c)
		case controls && c < 0x20 && short[c] != "":
			out.WriteString(short[c])
		case controls && c < 0x20:
			fmt.Fprintf(out, `\u%04x`, c)
		default:
			out.WriteRune(c)
		}
	}
	out.WriteByte('"')
}
