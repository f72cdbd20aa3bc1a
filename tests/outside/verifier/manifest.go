package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Marks are the handling marks of all statements together.
type marks struct {
	tlp               string
	codes, conditions []string
}

func (m *marks) join(said map[string]any) {
	handling, _ := said["handling"].(map[string]any)
	if handling == nil {
		return
	}
	tlp, _ := handling["tlp"].(string)
	if slices.Index(tlps, tlp) > slices.Index(tlps, m.tlp) {
		m.tlp = tlp
	}
	for _, code := range handling["codes"].([]any) {
		m.codes = include(m.codes, code.(string))
	}
	if text, ok := handling["conditions"].(string); ok {
		m.conditions = include(m.conditions, text)
	}
}

func include(list []string, one string) []string {
	at, there := slices.BinarySearch(list, one)
	if there {
		return list
	}
	return slices.Insert(list, at, one)
}

func (m marks) equal(n marks) bool {
	return m.tlp == n.tlp && slices.Equal(m.codes, n.codes) &&
		slices.Equal(m.conditions, n.conditions)
}

// A manifest is what an export says of itself.
type manifest struct {
	network                         string
	plain                           bool // witnesses have no word in its form
	madeAt, root, register, records int64
	lanes                           []held
	marks                           marks
}

var errManifest = errors.New("malformed manifest")

func parseManifest(data []byte) (*manifest, error) {
	value, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	var again bytes.Buffer
	if err := canonical(&again, value, true); err != nil {
		return nil, err
	}
	if !bytes.Equal(again.Bytes(), data) {
		return nil, errors.New("not in canonical form")
	}
	fields, err := object(value, "asked", "format", "lanes", "made_at", "made_by", "marks", "network",
		"records", "register", "root")
	if err != nil {
		return nil, err
	}
	_, text := fields["asked"].(string)
	by, _ := fields["made_by"].(string)
	m := &manifest{madeAt: whole(fields["made_at"]), root: whole(fields["root"]),
		register: whole(fields["register"]), records: whole(fields["records"])}
	m.network, _ = fields["network"].(string)
	m.plain = fields["format"] == "entente-export/1"
	if !text || !m.plain && fields["format"] != "entente-export/2" || !memberForm.MatchString(by) ||
		!networkForm.MatchString(m.network) || min(m.madeAt, m.root, m.register, m.records) < 0 {
		return nil, errManifest
	}
	if _, _, ok := dosTime(m.madeAt); !ok {
		return nil, errManifest
	}
	lanes, ok := fields["lanes"].([]any)
	if !ok {
		return nil, errManifest
	}
	var last origin
	for _, one := range lanes {
		lane, at, err := parseLane(one)
		if err != nil || at.network != m.network || (last.network != "" && !last.before(at)) {
			return nil, fmt.Errorf("a lane is malformed or out of order: %v", err)
		}
		last = at
		m.lanes = append(m.lanes, lane)
	}
	return m, m.parseMarks(fields["marks"])
}

func parseLane(value any) (held, origin, error) {
	fields, err := object(value, "from", "gaps", "origin", "to")
	if err != nil {
		return held{}, origin{}, err
	}
	line, _ := fields["origin"].(string)
	at, ok := parseOrigin(line)
	lane := held{Origin: line, From: whole(fields["from"]), To: whole(fields["to"])}
	gaps, list := fields["gaps"].([]any)
	if !ok || at.topic == "grants" || !list || len(gaps) > maxGaps || lane.From < 0 ||
		lane.From >= lane.To {
		return held{}, origin{}, errManifest
	}
	next := lane.From
	for _, one := range gaps {
		gap, err := object(one, "from", "to", "why")
		if err != nil {
			return held{}, origin{}, err
		}
		from, to := whole(gap["from"]), whole(gap["to"])
		why, _ := gap["why"].(string)
		if from < next || from >= to || to > lane.To ||
			!slices.Contains([]string{"not-held", "refused", "withheld", "not-selected"}, why) {
			return held{}, origin{}, errManifest
		}
		if n := len(lane.Gaps); n > 0 && lane.Gaps[n-1].To == from {
			lane.Gaps[n-1].To = to
		} else {
			lane.Gaps = append(lane.Gaps, ranged{from, to})
		}
		next = to
	}
	return lane, at, nil
}

func (m *manifest) parseMarks(value any) error {
	fields, err := object(value, "codes", "conditions", "tlp")
	if err != nil {
		return err
	}
	m.marks.tlp, _ = fields["tlp"].(string)
	codes, ok := texts(fields["codes"])
	conditions, also := texts(fields["conditions"])
	for _, code := range codes {
		ok = ok && slices.Contains([]string{"H0", "H1", "H2", "H3"}, code)
	}
	if !ok || !also || !slices.Contains(tlps, m.marks.tlp) {
		return errManifest
	}
	m.marks.codes, m.marks.conditions = codes, conditions
	return nil
}

func object(value any, names ...string) (map[string]any, error) {
	found, ok := value.(map[string]any)
	if !ok || len(found) != len(names) {
		return nil, errManifest
	}
	for _, name := range names {
		if _, there := found[name]; !there {
			return nil, errManifest
		}
	}
	return found, nil
}

func texts(value any) ([]string, bool) {
	list, ok := value.([]any)
	found := []string{}
	for _, one := range list {
		text, good := one.(string)
		ok = ok && good
		found = append(found, text)
	}
	return found, ok
}
