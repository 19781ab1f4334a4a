package belenios

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fixtures are whole elections that the other implementation made, with their results.
var fixtures = map[string][][]int{
	"ZFVjR4vdaD787z":        {{4, 0, 1}},
	"questions-bel2048":     {{1, 1, 1, 0}, {1, 1, 1}},
	"questions-ed25519":     {{1, 1, 1, 0}, {1, 1, 1}},
	"weights-ed25519":       {{0, 3, 3}},
	"threshold-ed25519":     {{1, 3, 1}},
	"threshold-bel2048":     {{1, 3, 1}},
	"threshold-bel2048-old": {{1, 3, 1}},
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

// forgeries are made of sound elections of the other implementation; each is refused by one check.
var forgeries = map[string]error{
	"00-control":                          nil,
	"01-copied-answers":                   ErrChoiceProof,
	"02-stuffed-wrong-key":                ErrSignature,
	"03-inflated":                         ErrChoiceProof,
	"04-replay-older-ballot":              ErrRepeated,
	"05-nonblank-shape-on-blank-question": ErrShape,
	"06-noncanonical-json":                ErrNotCanonical,
	"07-noncanonical-key-order":           ErrNotCanonical,
	"08-noncanonical-number":              ErrNotCanonical,
	"09-scalar-not-reduced":               ErrNotReduced,
	"10-unknown-credential":               ErrUnknownCredential,
	"11-duplicate-public-credential":      ErrDuplicateCredential,
	"12-trustee-pok-invalid":              ErrPossession,
	"13-election-key-not-product":         ErrElectionKey,
	"14-threshold-mismatch":               ErrContext,
	"15-ballot-dropped-after-tally":       ErrTally,
	"16-encrypted-tally-altered":          ErrTally,
	"17-num-tallied-wrong":                ErrCount,
	"18-partial-decryption-forged":        ErrShare,
	"19-partial-decryption-wrong-owner":   ErrShare,
	"20-below-threshold":                  ErrMissingShares,
	"21-result-swapped":                   ErrResult,
	"22-event-parent-broken":              ErrParent,
	"23-event-height-wrong":               ErrHeight,
	"24-file-name-not-hash":               ErrName,
	"25-record-mtime-differs":             ErrRecord,
	"26-tar-end-blocks":                   ErrTrailing,
	"27-trailing-garbage-record":          ErrTrailing,
	"28-small-order-component":            ErrNotInGroup,
}

func TestForgeries(t *testing.T) {
	z := must(zip.OpenReader("testdata/forgeries.zip"))(t)
	defer z.Close()
	if len(z.File) != len(forgeries) {
		t.Errorf("%d forgeries, want %d", len(z.File), len(forgeries))
	}
	for _, f := range z.File {
		name := strings.TrimSuffix(f.Name, ".bel")
		t.Run(name, func(t *testing.T) {
			r := must(f.Open())(t)
			defer r.Close()
			raw := must(io.ReadAll(r))(t)
			want, known := forgeries[name]
			if !known {
				t.Fatal("no reason is known")
			}
			if want == nil {
				if report, err := Verify(raw); err != nil || report.Status != Complete {
					t.Errorf("report %+v, error %v", report, err)
				}
				return
			}
			refused(t, raw, want)
		})
	}
}

// rewritten reads an archive and writes it anew, event by event.
func rewritten(t testing.TB, raw []byte) []byte {
	t.Helper()
	c := new(chain)
	for _, e := range must(readEvents(must(readRecords(raw))(t)))(t) {
		c.add(e.kind, e.data...)
	}
	var b bytes.Buffer
	if err := c.write(&b, stampOf(t, raw)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
