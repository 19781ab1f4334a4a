package belenios

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// fixtures are whole elections that the other implementation made, with their results.
var fixtures = map[string][][]int{
	"ZFVjR4vdaD787z":    {{4, 0, 1}},
	"questions-bel2048": {{1, 1, 1, 0}, {1, 1, 1}},
	"weights-ed25519":   {{0, 3, 3}},
}

func TestFixtures(t *testing.T) {
	for name, sums := range fixtures {
		t.Run(name, func(t *testing.T) {
			raw := must(os.ReadFile(filepath.Join("testdata", name+".bel")))(t)
			report, err := Verify(raw)
			if err != nil || report.Status != Complete || !sameSums(report.Sums, sums) {
				t.Errorf("report %+v, error %v", report, err)
			}
			again := rewritten(t, raw)
			if !bytes.Equal(again, raw) {
				t.Error("not written as it was read")
			}
		})
	}
}

// rewritten reads an archive and writes it anew, event by event.
func rewritten(t testing.TB, raw []byte) []byte {
	t.Helper()
	size := must(recordSize(raw))(t)
	stamp := must(readStamp(raw[blockSize:][:size]))(t)
	c := new(chain)
	for _, e := range must(readEvents(must(readRecords(raw))(t)))(t) {
		c.add(e.kind, e.data...)
	}
	var b bytes.Buffer
	if err := c.write(&b, stamp); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
