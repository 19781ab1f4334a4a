package belenios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	name   string
	body   []byte
	header []byte // as read
	at     int64  // where the contents begin
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
	return append(b, make([]byte, padding(int64(len(body))))...)
}

func padding(n int64) int64 { return (blockSize - n%blockSize) % blockSize }

// What a record may have: in a setup there is a line for each of a million voters, later no record grows with them.
const (
	maxRecord = 1 << 28
	maxLater  = 1 << 24
)

// recordReader takes an archive apart, one record after another. Every byte must be as tarRecord would write it, and
// every name the hash of the contents. It never holds more than one record.
type recordReader struct {
	r        io.ReaderAt
	size, at int64
	stamp    int64
	n        int   // records read
	most     int64 // bytes of a record
}

// newRecordReader reads the first record.
func newRecordReader(r io.ReaderAt, size int64) (*recordReader, error) {
	rr := &recordReader{r: r, size: size, most: maxRecord}
	begin := make([]byte, min(size, int64(len(headerName)+1)))
	if _, err := r.ReadAt(begin, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: %w", ErrRead, err)
	}
	if string(begin) != headerName+"\x00" {
		return nil, ErrUnreadable
	}
	first, err := rr.cut()
	if err == nil {
		rr.stamp, err = readStamp(first.body)
	}
	if err == nil && (first.name != headerName || !bytes.Equal(first.header, tarHeader(headerName, len(first.body), rr.stamp))) {
		err = ErrRecord
	}
	if err != nil {
		return nil, fmt.Errorf("record 0: %w", err)
	}
	return rr, nil
}

// next is the next record, or io.EOF.
func (rr *recordReader) next() (record, error) {
	if rr.at == rr.size {
		return record{}, io.EOF
	}
	rr.n++
	r, err := rr.cut()
	if err == nil && !bytes.Equal(r.header, tarHeader(r.name, len(r.body), rr.stamp)) {
		err = ErrRecord
	}
	if err == nil {
		err = r.checkName()
	}
	if err != nil {
		return record{}, fmt.Errorf("record %d: %w", rr.n, err)
	}
	return r, nil
}

// cut reads a record and its padding.
func (rr *recordReader) cut() (record, error) {
	if rr.size-rr.at < blockSize {
		return record{}, ErrTruncated
	}
	header := make([]byte, blockSize)
	if err := rr.read(header, rr.at); err != nil {
		return record{}, err
	}
	size, err := recordSize(header)
	if err != nil {
		return record{}, err
	}
	if size > rr.size-rr.at-blockSize || size+padding(size) > rr.size-rr.at-blockSize {
		return record{}, ErrTruncated
	}
	if size > rr.most {
		return record{}, fmt.Errorf("%w: a record of %d bytes", ErrUnsupported, size)
	}
	body := make([]byte, size+padding(size))
	at := rr.at + blockSize
	if err := rr.read(body, at); err != nil {
		return record{}, err
	}
	for _, b := range body[size:] {
		if b != 0 {
			return record{}, ErrRecord
		}
	}
	name, _, _ := bytes.Cut(header[:100], []byte{0})
	rr.at = at + int64(len(body))
	return record{name: string(name), body: body[:size:size], header: header, at: at}, nil
}

func (rr *recordReader) read(b []byte, at int64) error {
	if n, err := rr.r.ReadAt(b, at); n < len(b) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("%w: %w", ErrRead, err)
	}
	return nil
}

// recordSize reads how long the contents of a record are.
func recordSize(header []byte) (int64, error) {
	if bytes.Equal(header, make([]byte, blockSize)) {
		return 0, fmt.Errorf("%w: empty block", ErrTrailing)
	}
	size, err := strconv.ParseUint(string(header[124:135]), 8, 40)
	if err != nil {
		return 0, fmt.Errorf("%w: size", ErrRecord)
	}
	return int64(size), nil
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
