package main

import (
	"bytes"
	"math/bits"

	"github.com/transparency-dev/merkle/rfc6962"
)

// maxGaps is how many gaps of a lane an export may leave.
const maxGaps = 1_000

type node struct {
	level int
	index int64
}

// A lane is what reading has learnt of one: the roots asserted, by size, and the subtrees named.
type lane struct {
	roots         map[int64][]byte
	nodes         map[node][]byte
	read          map[int64][]byte // leaf hash and left siblings of an index
	signed        map[*key]int64   // the least size by each key
	next, gaps    int64
	begun, forked bool
}

func newLane() *lane {
	return &lane{roots: map[int64][]byte{}, nodes: map[node][]byte{}, read: map[int64][]byte{},
		signed: map[*key]int64{}}
}

// A claim is what one record asserts of its lane.
type claim struct {
	index, size int64
	leaf, root  []byte
	left        [][]byte // left siblings, lowest first
}

// newClaim takes the left siblings out of a proof that has been verified.
func newClaim(index, size int64, leaf, root []byte, proof [][]byte) claim {
	made := claim{index: index, size: size, leaf: leaf, root: root}
	at, last := index, size-1
	for _, hash := range proof {
		if at&1 == 1 || at == last {
			made.left = append(made.left, hash)
			for at&1 == 0 && at != 0 {
				at, last = at>>1, last>>1
			}
		}
		at, last = at>>1, last>>1
	}
	return made
}

func (c claim) past() []byte {
	return append(append([]byte{}, c.leaf...), bytes.Join(c.left, nil)...)
}

// subtrees names the perfect subtrees that the left siblings are, and every root they give.
func (c claim) subtrees() (map[node][]byte, map[int64][]byte) {
	nodes, roots := map[node][]byte{}, map[int64][]byte{c.size: c.root}
	rest := c.index
	var sizes []int64
	for _, hash := range c.left {
		level := bits.TrailingZeros64(uint64(rest))
		nodes[node{level, rest>>level - 1}] = hash
		sizes = append(sizes, rest)
		rest &= rest - 1
	}
	// The first subtrees down to the i-th lowest make a tree of sizes[i] leaves.
	for i := range c.left {
		root := c.left[i]
		for _, above := range c.left[i+1:] {
			root = rfc6962.DefaultHasher.HashChildren(above, root)
		}
		roots[sizes[i]] = root
	}
	own := c.leaf
	for _, above := range c.left {
		own = rfc6962.DefaultHasher.HashChildren(above, own)
	}
	roots[c.index+1] = own
	return nodes, roots
}

// goesOn takes a claim in; it tells whether the record is new, or why it is refused.
func (l *lane) goesOn(c claim, by *key) (bool, *fault) {
	if l.forked {
		return false, refuse("suspended", "the lane forked before")
	}
	nodes, roots := c.subtrees()
	for size, root := range roots {
		if known, there := l.roots[size]; there && !bytes.Equal(known, root) {
			l.forked = true
			return false, refuse("fork", "two roots of size %d", size)
		}
	}
	for at, hash := range nodes {
		if known, there := l.nodes[at]; there && !bytes.Equal(known, hash) {
			l.forked = true
			return false, refuse("fork", "two subtrees at level %d", at.level)
		}
	}
	_, again := l.read[c.index]
	if !again && l.begun && c.index > l.next {
		if l.gaps >= maxGaps {
			return false, refuse("too-many-gaps", "more than %d", maxGaps)
		}
		l.gaps++
	}
	for size, root := range roots {
		l.roots[size] = root
	}
	for at, hash := range nodes {
		l.nodes[at] = hash
	}
	if least, there := l.signed[by]; !there || c.size < least {
		l.signed[by] = c.size
	}
	l.read[c.index] = c.past()
	l.begun = true
	l.next = max(l.next, c.index+1)
	return !again, nil
}

// overtaken tells whether a later key has signed a smaller size.
func (l *lane) overtaken(by *key, size int64) bool {
	for other, least := range l.signed {
		if other.from > by.from && least < size {
			return true
		}
	}
	return false
}
