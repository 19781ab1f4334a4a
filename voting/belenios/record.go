package belenios

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

const (
	headerName  = "BELENIOS"
	dataSuffix  = ".data.json"
	eventSuffix = ".event.json"
	blockSize   = 512
	maxStamp    = 1<<33 - 1 // eleven octal digits
)

// record is one file of an archive: named after the hash of its contents, data or event.
type record struct {
	name string
	body []byte
}

func (r record) isEvent() bool { return strings.HasSuffix(r.name, eventSuffix) }

// tarHeader is the one form of a record's header in the old tar format (specification, 4.4, and what tools write).
func tarHeader(name string, size int, stamp int64) []byte {
	h := make([]byte, blockSize)
	copy(h, name)
	copy(h[100:], "0000644\x00"+"0000000\x00"+"0000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00%011o\x00", size, stamp))
	copy(h[148:], "        ")
	h[156] = '0'
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	return h
}

// tarRecord is header, contents, and zeros up to the end of the block.
func tarRecord(name string, body []byte, stamp int64) []byte {
	b := append(tarHeader(name, len(body), stamp), body...)
	return append(b, make([]byte, padding(len(body)))...)
}

func padding(n int) int { return (blockSize - n%blockSize) % blockSize }

// readRecords takes an archive apart. Every byte of it must be as tarRecord would write it, and every name the hash
// of its contents.
func readRecords(archive []byte) ([]record, error) {
	if !bytes.HasPrefix(archive, []byte(headerName+"\x00")) {
		return nil, ErrUnreadable
	}
	size, err := recordSize(archive)
	if err != nil {
		return nil, fmt.Errorf("record 0: %w", err)
	}
	stamp, err := readStamp(archive[blockSize:][:size])
	if err != nil {
		return nil, fmt.Errorf("record 0: %w", err)
	}
	first, rest, err := cutRecord(archive, stamp)
	if err != nil || first.name != headerName {
		return nil, fmt.Errorf("record 0: %w", cmpErr(err, ErrRecord))
	}
	var records []record
	for n := 1; len(rest) > 0; n++ {
		var r record
		if r, rest, err = cutRecord(rest, stamp); err == nil {
			err = r.checkName()
		}
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", n, err)
		}
		records = append(records, r)
	}
	return records, nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// recordSize reads how long the contents of the first record are, if they are all there.
func recordSize(b []byte) (int, error) {
	if len(b) < blockSize {
		return 0, ErrTruncated
	}
	if bytes.Equal(b[:blockSize], make([]byte, blockSize)) {
		return 0, fmt.Errorf("%w: empty block", ErrTrailing)
	}
	size, err := strconv.ParseUint(string(b[124:135]), 8, 40)
	if err != nil {
		return 0, fmt.Errorf("%w: size", ErrRecord)
	}
	if size > uint64(len(b)-blockSize) || int(size)+padding(int(size)) > len(b)-blockSize {
		return 0, ErrTruncated
	}
	return int(size), nil
}

// readStamp reads the first record: the version of the format and the time that all records carry.
func readStamp(body []byte) (int64, error) {
	var h wireHeader
	if err := decode(body, &h); err != nil {
		return 0, err
	}
	if h.Version > 1 {
		return 0, fmt.Errorf("%w: version %d of the archive", ErrUnsupported, h.Version)
	}
	stamp, err := strconv.ParseUint(h.Timestamp, 10, 64)
	if h.Version != 1 || err != nil || stamp > maxStamp || strconv.FormatUint(stamp, 10) != h.Timestamp {
		return 0, fmt.Errorf("%w: version or timestamp", ErrShape)
	}
	return int64(stamp), nil
}

// cutRecord takes the first record off.
func cutRecord(b []byte, stamp int64) (record, []byte, error) {
	size, err := recordSize(b)
	if err != nil {
		return record{}, nil, err
	}
	end := blockSize + size + padding(size)
	name, _, _ := bytes.Cut(b[:100], []byte{0})
	r := record{name: string(name), body: b[blockSize : blockSize+size : blockSize+size]}
	if !bytes.Equal(tarRecord(r.name, r.body, stamp), b[:end]) {
		return record{}, nil, ErrRecord
	}
	return r, b[end:], nil
}

// checkName: data and events are called after the hash of their contents.
func (r record) checkName() error {
	hash, isData := strings.CutSuffix(r.name, dataSuffix)
	if !isData {
		var isEvent bool
		if hash, isEvent = strings.CutSuffix(r.name, eventSuffix); !isEvent {
			return ErrName
		}
	}
	if hash != hexHash(r.body) {
		return ErrName
	}
	return nil
}
