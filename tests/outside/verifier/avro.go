package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

const (
	maxDepth  = 16
	maxItems  = 10_000
	maxString = 65_536
)

var errAvro = errors.New("malformed Avro")

// A schema is a parsed Avro schema; kind is a primitive's name, record, enum, array, map, fixed
// or union.
type schema struct {
	kind, fullname string
	fields         []field
	branches       []*schema // of a union; one for an array's items or a map's values
	symbols        []string
	size           int
}

type field struct {
	name string
	kind *schema
}

func parseSchema(data []byte) (*schema, error) {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return nil, err
	}
	return buildSchema(value, "", map[string]*schema{})
}

func buildSchema(value any, space string, known map[string]*schema) (*schema, error) {
	switch v := value.(type) {
	case string:
		switch v {
		case "null", "boolean", "int", "long", "float", "double", "bytes", "string":
			return &schema{kind: v}, nil
		}
		if !strings.Contains(v, ".") && space != "" {
			v = space + "." + v
		}
		if found, ok := known[v]; ok {
			return found, nil
		}
		return nil, fmt.Errorf("unknown type %q", v)
	case []any:
		union := &schema{kind: "union"}
		for _, one := range v {
			branch, err := buildSchema(one, space, known)
			if err != nil {
				return nil, err
			}
			union.branches = append(union.branches, branch)
		}
		return union, nil
	case map[string]any:
		return buildComplex(v, space, known)
	}
	return nil, errors.New("not an Avro schema")
}

func buildComplex(v map[string]any, space string, known map[string]*schema) (*schema, error) {
	kind, ok := v["type"].(string)
	if !ok {
		return buildSchema(v["type"], space, known)
	}
	made := &schema{kind: kind}
	if name, ok := v["name"].(string); ok {
		if named, ok := v["namespace"].(string); ok {
			space = named
		}
		if !strings.Contains(name, ".") && space != "" {
			name = space + "." + name
		}
		if i := strings.LastIndex(name, "."); i >= 0 {
			space = name[:i]
		}
		made.fullname = name
		known[name] = made
	}
	switch kind {
	case "record":
		fields, _ := v["fields"].([]any)
		for _, one := range fields {
			described, _ := one.(map[string]any)
			inner, err := buildSchema(described["type"], space, known)
			if err != nil {
				return nil, err
			}
			name, _ := described["name"].(string)
			made.fields = append(made.fields, field{name, inner})
		}
	case "enum":
		symbols, _ := v["symbols"].([]any)
		for _, one := range symbols {
			symbol, _ := one.(string)
			made.symbols = append(made.symbols, symbol)
		}
	case "fixed":
		size, _ := v["size"].(float64)
		made.size = int(size)
	case "array", "map":
		inner := v["items"]
		if kind == "map" {
			inner = v["values"]
		}
		items, err := buildSchema(inner, space, known)
		if err != nil {
			return nil, err
		}
		made.branches = []*schema{items}
	default:
		return buildSchema(kind, space, known)
	}
	return made, nil
}

// decodeAvro reads a value within the bounds of section 5; every byte must be used.
func decodeAvro(s *schema, data []byte) (any, error) {
	in := &input{data}
	value, err := in.value(s, 0)
	if err == nil && len(in.data) > 0 {
		err = errAvro
	}
	return value, err
}

type input struct{ data []byte }

func (in *input) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(in.data)) {
		return nil, errAvro
	}
	taken := in.data[:n]
	in.data = in.data[n:]
	return taken, nil
}

func (in *input) integer(bytes int, bits uint) (int64, error) {
	var n uint64
	for i := range bytes {
		if i >= len(in.data) {
			return 0, errAvro
		}
		b := in.data[i]
		if i == 9 && b > 1 {
			return 0, errAvro
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if bits == 32 && n > math.MaxUint32 {
				return 0, errAvro
			}
			in.data = in.data[i+1:]
			return int64(n>>1) ^ -int64(n&1), nil
		}
	}
	return 0, errAvro
}

func (in *input) long() (int64, error) { return in.integer(10, 64) }

func (in *input) bytes() ([]byte, error) {
	n, err := in.long()
	if err != nil {
		return nil, err
	}
	return in.take(n)
}

func (in *input) text() (string, error) {
	n, err := in.long()
	if err != nil || n > maxString {
		return "", errAvro
	}
	raw, err := in.take(n)
	if err != nil || !utf8.Valid(raw) {
		return "", errAvro
	}
	return string(raw), nil
}

func (in *input) value(s *schema, depth int) (any, error) {
	if s.kind == "record" || s.kind == "array" || s.kind == "map" {
		if depth++; depth > maxDepth {
			return nil, errAvro
		}
	}
	switch s.kind {
	case "null":
		return nil, nil
	case "boolean":
		raw, err := in.take(1)
		if err != nil || raw[0] > 1 {
			return nil, errAvro
		}
		return raw[0] == 1, nil
	case "int":
		return in.integer(5, 32)
	case "long":
		return in.long()
	case "float":
		raw, err := in.take(4)
		if err != nil {
			return nil, err
		}
		return math.Float32frombits(binary.LittleEndian.Uint32(raw)), nil
	case "double":
		raw, err := in.take(8)
		if err != nil {
			return nil, err
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(raw)), nil
	case "bytes":
		return in.bytes()
	case "string":
		return in.text()
	case "fixed":
		return in.take(int64(s.size))
	case "enum":
		n, err := in.integer(5, 32)
		if err != nil || n < 0 || n >= int64(len(s.symbols)) {
			return nil, errAvro
		}
		return s.symbols[n], nil
	case "union":
		n, err := in.long()
		if err != nil || n < 0 || n >= int64(len(s.branches)) {
			return nil, errAvro
		}
		return in.value(s.branches[n], depth)
	case "record":
		found := map[string]any{}
		for _, one := range s.fields {
			value, err := in.value(one.kind, depth)
			if err != nil {
				return nil, err
			}
			found[one.name] = value
		}
		return found, nil
	}
	return in.items(s, depth)
}

// items reads an array, or a map as the list of its values.
func (in *input) items(s *schema, depth int) (any, error) {
	found := []any{}
	for {
		count, err := in.long()
		if err != nil || count == 0 {
			return found, err
		}
		if count < 0 {
			size, err := in.long()
			if err != nil || size < 0 {
				return nil, errAvro
			}
			count = -count
		}
		if count < 0 || count > int64(maxItems-len(found)) {
			return nil, errAvro
		}
		for range count {
			if s.kind == "map" {
				if _, err := in.text(); err != nil {
					return nil, err
				}
			}
			value, err := in.value(s.branches[0], depth)
			if err != nil {
				return nil, err
			}
			found = append(found, value)
		}
	}
}
