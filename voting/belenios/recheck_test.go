package belenios

import (
	"archive/zip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recheck runs the script that asks the other implementation, and returns its exit code.
func recheck(t *testing.T, b *tool, archive []byte) (code int, said string) {
	t.Helper()
	b.write("recheck.bel", archive)
	cmd := exec.CommandContext(t.Context(), "../../recheck.sh", filepath.Join(b.dir, "recheck.bel"))
	cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+b.path)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), strings.TrimSpace(string(out))
}

// TestRecheck shows which forgeries the independent recheck refuses: all of them.
func TestRecheck(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		if b.old {
			recheckOwn(t, b)
			return
		}
		z := must(zip.OpenReader("testdata/forgeries.zip"))(t)
		defer z.Close()
		// All of them with Debian's stable version, a few with what comes next.
		few := []string{"00-control.bel", "03-inflated.bel", "05-nonblank-shape-on-blank-question.bel"}
		var accepted []string
		for _, f := range z.File {
			if !strings.HasSuffix(b.path, "-trixie") && !slices.Contains(few, f.Name) {
				continue
			}
			r := must(f.Open())(t)
			raw := must(io.ReadAll(r))(t)
			r.Close()
			switch code, said := recheck(t, b, raw); code {
			case 0, 3: // 3: no result yet
				accepted = append(accepted, strings.TrimSuffix(f.Name, ".bel"))
			case 1:
			default:
				t.Errorf("%s: exit code %d: %s", f.Name, code, said)
			}
		}
		if want := []string{"00-control"}; !slices.Equal(accepted, want) {
			t.Errorf("accepted are %v, want %v", accepted, want)
		}
		p := newPoll(t)
		if code, said := recheck(t, b, p.around(t, p.ballots(t)...).archive()); code != 0 {
			t.Errorf("an archive of ours: exit code %d: %s", code, said)
		}
	})
}

// recheckOwn uses archives in the group that the old tool knows.
func recheckOwn(t *testing.T, b *tool) {
	t.Helper()
	p := pollIn(t, Group2048, 1, motion())
	ballots := p.ballots(t)
	removed := p.around(t, ballots...)
	removed.ballots = ballots[1:]
	for name, c := range map[string]struct {
		archive []byte
		want    int
	}{
		"whole":               {p.around(t, ballots...).archive(), 0},
		"with a choice of 2":  {p.around(t, append(ballots[1:], p.craft(t, 0, []int{2, -1, 0}))...).archive(), 1},
		"with a ballot twice": {p.around(t, append(ballots, ballots[0])...).archive(), 1},
		"without a ballot":    {removed.archive(), 1},
		"no archive":          {[]byte("x"), 1},
	} {
		if code, said := recheck(t, b, c.archive); code != c.want {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, c.want, said)
		}
	}
}
