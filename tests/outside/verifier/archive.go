package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"time"
)

const (
	sums       = "SHA256SUMS"
	sizeLimit  = 1 << 31
	madeBy     = 798
	attributes = 2175008768
)

// An archive reads the one form of zip file that section 11 allows, front to back.
type archive struct {
	data    []byte
	at      int
	count   int
	time    uint16
	date    uint16
	central bytes.Buffer
	sums    bytes.Buffer
	last    []byte // of the file SHA256SUMS
}

func (a *archive) take(n int) ([]byte, error) {
	if n < 0 || n > len(a.data)-a.at {
		return nil, refuse("zip", "cut off")
	}
	a.at += n
	return a.data[a.at-n : a.at], nil
}

// next reads one local file. Its limit is asked for before its content is looked at.
func (a *archive) next(limit func(string) (int, error)) (string, []byte, error) {
	start := a.at
	header, err := a.take(30)
	if err != nil {
		return "", nil, err
	}
	le := binary.LittleEndian
	crc, packed, size := le.Uint32(header[14:]), le.Uint32(header[18:]), le.Uint32(header[22:])
	clock, date := le.Uint16(header[10:]), le.Uint16(header[12:])
	if !bytes.Equal(header[:10], []byte("PK\x03\x04\x0a\x00\x00\x00\x00\x00")) || packed != size ||
		le.Uint16(header[28:]) != 0 {
		return "", nil, refuse("zip", "no plainly stored file at %d", start)
	}
	if a.count == 0 {
		a.time, a.date = clock, date
	}
	if clock != a.time || date != a.date {
		return "", nil, refuse("zip", "files of different times")
	}
	raw, err := a.take(int(le.Uint16(header[26:])))
	if err != nil {
		return "", nil, err
	}
	for _, c := range raw {
		if c > 127 {
			return "", nil, refuse("zip", "a name is not ASCII")
		}
	}
	name := string(raw)
	allowed, err := limit(name)
	if err != nil {
		return "", nil, err
	}
	if int64(size) > int64(allowed) {
		return "", nil, refuse("zip", "%s has %d bytes", name, size)
	}
	data, err := a.take(int(size))
	if err != nil {
		return "", nil, err
	}
	if crc32.ChecksumIEEE(data) != crc {
		return "", nil, refuse("zip", "%s has another CRC-32", name)
	}
	a.count++
	entry := make([]byte, 0, 46)
	entry = append(entry, "PK\x01\x02"...)
	entry = le.AppendUint16(entry, madeBy)
	entry = append(entry, header[4:30]...)
	entry = append(entry, make([]byte, 6)...) // comment, disk, internal attributes
	entry = le.AppendUint32(entry, attributes)
	entry = le.AppendUint32(entry, uint32(start))
	a.central.Write(entry)
	a.central.Write(raw)
	if name == sums {
		a.last = data
	} else {
		fmt.Fprintf(&a.sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	return name, data, nil
}

// finish checks what follows the files, then the sums.
func (a *archive) finish() error {
	le := binary.LittleEndian
	offset, size, count := a.at, a.central.Len(), uint64(a.count)
	end := a.central.Bytes()
	if count > 65535 {
		end = append(end, "PK\x06\x06"...)
		end = le.AppendUint64(end, 44)
		end = le.AppendUint16(end, 45)
		end = le.AppendUint16(end, 45)
		end = append(end, make([]byte, 8)...)
		for _, n := range []uint64{count, count, uint64(size), uint64(offset)} {
			end = le.AppendUint64(end, n)
		}
		end = append(end, "PK\x06\x07\x00\x00\x00\x00"...)
		end = le.AppendUint64(end, uint64(offset+size))
		end = le.AppendUint32(end, 1)
		count = 65535
	}
	end = append(end, "PK\x05\x06\x00\x00\x00\x00"...)
	end = le.AppendUint16(end, uint16(count))
	end = le.AppendUint16(end, uint16(count))
	end = le.AppendUint32(end, uint32(size))
	end = le.AppendUint32(end, uint32(offset))
	end = append(end, 0, 0)
	if len(a.data) >= sizeLimit || !bytes.Equal(a.data[a.at:], end) {
		return refuse("zip", "the directory or the end is not that of the files")
	}
	if !bytes.Equal(a.last, a.sums.Bytes()) {
		return refuse("sums", "%s does not give the files' hashes", sums)
	}
	return nil
}

// dosTime is a time in microseconds as zip files have it; false if they cannot.
func dosTime(at int64) (clock, date uint16, ok bool) {
	t := time.UnixMicro(at).UTC()
	if t.Year() < 1980 || t.Year() > 2107 {
		return 0, 0, false
	}
	clock = uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
	date = uint16((t.Year()-1980)<<9 | int(t.Month())<<5 | t.Day())
	return clock, date, true
}
