package main

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
)

var (
	networkForm = regexp.MustCompile(`^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){0,15}$`)
	memberForm  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9-]{1,15}$`)
	numberForm  = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	topics      = map[string]bool{"grants": true}
)

func init() {
	for _, family := range []string{"alerts", "proposals", "decisions", "receipts"} {
		for _, region := range strings.Fields(`asia-pacific western-europe eastern-central-europe
			cis middle-east north-africa west-africa central-africa east-southern-africa caribbean
			south-america central-america`) {
			topics[family+"."+region] = true
		}
	}
}

// An origin is one lane of one issuer on one topic.
type origin struct {
	network, member, topic string
	lane                   int64
}

func (o origin) String() string {
	return o.network + "/" + o.member + "/" + o.topic + "/" + strconv.FormatInt(o.lane, 10)
}

func (o origin) before(p origin) bool {
	if o.member != p.member {
		return o.member < p.member
	}
	if o.topic != p.topic {
		return o.topic < p.topic
	}
	return o.lane < p.lane
}

func parseOrigin(line string) (origin, bool) {
	parts := strings.Split(line, "/")
	if len(parts) != 4 || !networkForm.MatchString(parts[0]) || !memberForm.MatchString(parts[1]) ||
		!topics[parts[2]] {
		return origin{}, false
	}
	lane, ok := number(parts[3])
	return origin{parts[0], parts[1], parts[2], lane}, ok && lane < 1<<31
}

// number reads a decimal number below 2^63 without sign or leading zeros.
func number(s string) (int64, bool) {
	if !numberForm.MatchString(s) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

func uuid5(space []byte, name string) []byte {
	sum := sha1.Sum(append(append([]byte{}, space...), name...))
	id := sum[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}

func subjectID(network, member, reference string) []byte {
	dns, _ := hex.DecodeString("6ba7b8109dad11d180b400c04fd430c8")
	return uuid5(uuid5(dns, network), member+"/"+reference)
}
