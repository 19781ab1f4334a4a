package stimmbote

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const archives = "voting/belenios/testdata/"

// rechecked is what recheck.sh says of an archive with one of the tools.
func rechecked(t *testing.T, tool string, archive []byte) (exit int, said string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.bel")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "./recheck.sh", path)
	cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+tool)
	out, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(archives + name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// newerTools are those that can do Ed25519, in the folder that BELENIOS_TOOLS names.
func newerTools(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*"))
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("BELENIOS_TOOLS") == "" || len(found) == 0 {
		t.Log("newer versions of belenios-tool are not there: only the installed one is asked")
		return nil
	}
	return found
}

const anyTool = "belenios-tool"

func TestRecheckAcceptsWhatIsSound(t *testing.T) {
	for _, name := range []string{"ZFVjR4vdaD787z", "questions-bel2048", "threshold-bel2048"} {
		for _, tool := range append(newerTools(t), anyTool) {
			if exit, said := rechecked(t, tool, file(t, name+".bel")); exit != 0 || !strings.Contains(said, ": right, says belenios-tool ") {
				t.Errorf("%s, %s: exit code %d: %s", name, tool, exit, said)
			}
		}
	}
	for _, name := range []string{"questions-ed25519", "weights-ed25519"} {
		for _, tool := range newerTools(t) {
			if exit, said := rechecked(t, tool, file(t, name+".bel")); exit != 0 {
				t.Errorf("%s, %s: exit code %d: %s", name, tool, exit, said)
			}
		}
	}
}

func TestRecheckSaysWhatItCannotDo(t *testing.T) {
	whole := file(t, "ZFVjR4vdaD787z.bel")
	for _, c := range []struct {
		name, tool string
		archive    []byte
		exit       int
		says       string
	}{
		{"no tool", "no-such-tool", whole, 2, "is not there"},
		{"no tool at all", "true", whole, 2, "does not say its version"},
		{"no archive", anyTool, []byte("%PDF-1.7"), 1, "NOT right"},
		{"empty", anyTool, nil, 1, "NOT right"},
		{"a name that speaks to the terminal", anyTool, bytes.Replace(whole, []byte(".data.json"), []byte("\x1b[2Jdata.j"), 1), 1, "is no hash"},
		{"other group", anyTool, file(t, "questions-ed25519.bel"), 2, "does not know the group"},
		{"no result yet", anyTool, forge(t, whole, func(es []event) []event { return es[:8] }), 3, "right so far"},
	} {
		if c.name == "other group" && !isOld(t) {
			continue
		}
		if exit, said := rechecked(t, c.tool, c.archive); exit != c.exit || !strings.Contains(said, c.says) {
			t.Errorf("%s: exit code %d: %s", c.name, exit, said)
		}
	}
}

func isOld(t *testing.T) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), anyTool, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`^2\.[01]\b`).Match(out)
}

// What can be forged in the group that Debian 12's tool knows: the installed one refuses it,
// whichever it is. The forgeries in Ed25519 are tested where our own verifier refuses them.
func TestRecheckRefusesForgeriesOfTheOldGroup(t *testing.T) {
	whole := file(t, "ZFVjR4vdaD787z.bel")
	for _, c := range []struct {
		name   string
		change func(es []event) []event
	}{
		{"an older ballot again", func(es []event) []event { return slices.Insert(es, 7, es[1]) }},
		{"a ballot left out after the tally", func(es []event) []event { return slices.Delete(es, 3, 4) }},
		{"all of it without an end of the ballots", func(es []event) []event { return slices.Delete(es, 7, 8) }},
		{"another number of ballots", edit(8, 1, `"num_tallied":5`, `"num_tallied":6`)},
		{"another sum", func(es []event) []event {
			var sums [][]json.RawMessage
			must(t, json.Unmarshal(es[8].data[0], &sums))
			sums[0][0], sums[0][1] = sums[0][1], sums[0][0]
			es[8].data[0] = marshal(t, sums)
			es[8].data[1] = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAll(es[8].data[1], []byte(hash(es[8].data[0])))
			return es
		}},
		{"answers of somebody else", func(es []event) []event {
			var mine, theirs map[string]json.RawMessage
			must(t, json.Unmarshal(es[1].data[0], &mine))
			must(t, json.Unmarshal(es[2].data[0], &theirs))
			es[1].data[0] = bytes.Replace(es[1].data[0], mine["answers"], theirs["answers"], 1)
			return es
		}},
		{"another election's ballot", edit(1, 0, `"election_uuid":"Z`, `"election_uuid":"Y`)},
		{"another result", edit(10, 0, `[4,0,1]`, `[0,4,1]`)},
		{"a larger result", edit(10, 0, `[4,0,1]`, `[5,0,1]`)},
		{"no share", func(es []event) []event { return slices.Delete(es, 9, 10) }},
	} {
		if exit, said := rechecked(t, anyTool, forge(t, whole, c.change)); exit != 1 {
			t.Errorf("%s: exit code %d: %s", c.name, exit, said)
		}
	}
	if same := forge(t, whole, func(es []event) []event { return es }); !bytes.Equal(same, whole) {
		t.Error("the forger does not write what it reads")
	}
}

// event is a link of an archive's chain with the data that stand before it.
type event struct {
	kind string
	data [][]byte
}

// edit replaces a text in one record of data.
func edit(at, part int, before, after string) func(es []event) []event {
	return func(es []event) []event {
		es[at].data[part] = bytes.Replace(es[at].data[part], []byte(before), []byte(after), 1)
		return es
	}
}

// forge writes an archive anew after change, with names and chain as they must be.
func forge(t *testing.T, archive []byte, change func(es []event) []event) []byte {
	t.Helper()
	var header []byte
	var stamp int64
	var events []event
	var data [][]byte
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		body, err := io.ReadAll(r)
		must(t, err)
		switch {
		case h.Name == "BELENIOS":
			header, stamp = body, h.ModTime.Unix()
		case strings.HasSuffix(h.Name, ".event.json"):
			var e struct{ Type string }
			must(t, json.Unmarshal(body, &e))
			events, data = append(events, event{e.Type, data}), nil
		default:
			data = append(data, body)
		}
	}
	var b bytes.Buffer
	record(&b, "BELENIOS", header, stamp)
	parent := ""
	for height, e := range change(events) {
		link := struct {
			Parent  string `json:"parent,omitempty"`
			Height  int    `json:"height"`
			Type    string `json:"type"`
			Payload string `json:"payload,omitempty"`
		}{Parent: parent, Height: height, Type: e.kind}
		for _, body := range e.data {
			link.Payload = hash(body)
			record(&b, link.Payload+".data.json", body, stamp)
		}
		body := marshal(t, link)
		parent = hash(body)
		record(&b, parent+".event.json", body, stamp)
	}
	return b.Bytes()
}

// record writes one file in the old tar format.
func record(b *bytes.Buffer, name string, body []byte, stamp int64) {
	h := make([]byte, 512)
	copy(h, name)
	copy(h[100:], "0000644\x000000000\x000000000\x00")
	copy(h[124:], fmt.Sprintf("%011o\x00%011o\x00        0", len(body), stamp))
	sum := 0
	for _, c := range h {
		sum += int(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	b.Write(h)
	b.Write(body)
	b.Write(make([]byte, (512-len(body)%512)%512))
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	must(t, err)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
