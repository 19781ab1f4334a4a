package belenios

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"slices"
	"strings"
)

// compactHash is SHA-256 in base64 without padding, as φ, ballot hashes and trackers are written.
func compactHash(b []byte) string {
	h := sha256.Sum256(b)
	return base64.RawStdEncoding.EncodeToString(h[:])
}

// Tracker is the "smart ballot tracker" of a ballot (specification, 4.17): the hash of its bytes.
func Tracker(ballot []byte) string { return compactHash(ballot) }

// Code shortens a tracker for people: its first 80 bits in base 32, in four groups of four. It is empty for what is
// no tracker.
func Code(tracker string) string {
	h, err := base64.RawStdEncoding.Strict().DecodeString(tracker)
	if err != nil || len(h) != sha256.Size {
		return ""
	}
	s := base32.StdEncoding.EncodeToString(h[:10])
	return strings.Join([]string{s[0:4], s[4:8], s[8:12], s[12:16]}, "-")
}

// RollHash is the hash of the list of those who may vote, one line for each vote: SHA-256 over the lines sorted by
// their bytes, each ending in a newline, in hexadecimal.
func RollHash(lines []string) string {
	sorted := slices.Sorted(slices.Values(lines))
	var b strings.Builder
	for _, line := range sorted {
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return hexHash([]byte(b.String()))
}
