package belenios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tool runs the other implementation in a folder of its own.
type tool struct {
	t     testing.TB
	path  string
	dir   string
	old   bool   // before version 2.2: other options, other credentials
	group string // the one that its elections are in
}

// installed is the other implementation as this machine has it.
const installed = "belenios-tool"

// tools are all that there are: the installed one, and newer ones in the folder that BELENIOS_TOOLS names. Every one is
// in the group that it knows best.
func tools(t testing.TB) []string {
	t.Helper()
	if _, err := exec.LookPath(installed); err != nil {
		t.Fatal("this test compares with another implementation that is not installed: please run `apt install belenios-tool`")
	}
	newer := must(filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*")))(t)
	if os.Getenv("BELENIOS_TOOLS") == "" || len(newer) == 0 {
		t.Log("newer versions of belenios-tool are not there: only the installed one is compared with")
		return []string{installed}
	}
	return append([]string{installed}, newer...)
}

// withTools runs a test with every tool.
func withTools(t *testing.T, test func(t *testing.T, b *tool)) {
	t.Helper()
	for _, path := range tools(t) {
		t.Run(filepath.Base(path), func(t *testing.T) { test(t, newTool(t, path)) })
	}
}

func newTool(t testing.TB, path string) *tool {
	t.Helper()
	b := &tool{t: t, path: path, dir: t.TempDir(), group: Ed25519}
	version := b.run("--version")
	if b.old = regexp.MustCompile(`^2\.[01]\b`).MatchString(version); b.old {
		b.group = Group2048
	}
	t.Logf("belenios-tool %s", strings.TrimSpace(version))
	return b
}

func (b *tool) try(stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(b.t.Context(), b.path, args...)
	cmd.Dir, cmd.Stdin = b.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "BELENIOS_USE_URANDOM=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("belenios-tool %q: %w\n%s%s", args, err, &out, &errs)
	}
	return out.String(), nil
}

func (b *tool) run(args ...string) string {
	b.t.Helper()
	out, err := b.try("", args...)
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func (b *tool) addEvent(kind, payload string) {
	b.t.Helper()
	if _, err := b.try(payload, "archive", "add-event", "--type="+kind); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tool) write(name string, body []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), body, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// name is that of the one file with this ending.
func (b *tool) name(ending string) string {
	b.t.Helper()
	names := must(filepath.Glob(filepath.Join(b.dir, "*"+ending)))(b.t)
	if len(names) != 1 {
		b.t.Fatalf("%d files end in %s", len(names), ending)
	}
	return names[0]
}

// read returns the one file with this ending.
func (b *tool) read(ending string) []byte {
	b.t.Helper()
	return must(os.ReadFile(b.name(ending)))(b.t)
}

// ceremony runs a step of the tool's threshold ceremony.
func (b *tool) ceremony(step string, args ...string) string {
	b.t.Helper()
	return b.run(append([]string{"setup", "generate-trustee-key-threshold", "--group", b.group, "--step", step}, args...)...)
}

// accepts says whether the tool finds an archive valid. From 3.0 on its verdict on a whole archive does not depend on
// the proofs of the ballots; so every ballot is judged by itself, in an archive that ends after the setup.
func (b *tool) accepts(uuid string, archive []byte) error {
	b.t.Helper()
	b.write(uuid+".bel", archive)
	if _, err := b.try("", "election", "verify"); err != nil || b.old {
		return err
	}
	links := linksOf(b.t, &chain{records: must(readRecords(archive))(b.t)})
	b.write(uuid+".bel", rechain(links[:1]))
	defer b.write(uuid+".bel", archive)
	for _, l := range links[1:] {
		if l.kind != "Ballot" {
			break
		}
		b.write("ballot.json", l.data[0])
		if _, err := b.try("", "election", "verify-ballot", "--ballot", "ballot.json"); err != nil {
			return err
		}
	}
	return nil
}

// credentials lets the tool make some: secret ones, and the public ones in the tool's order.
func (b *tool) credentials(uuid string, n int) (secret, public []string) {
	b.t.Helper()
	b.run("setup", "generate-credentials", "--uuid", uuid, "--group", b.group, "--count", strconv.Itoa(n))
	if err := json.Unmarshal(b.read(".pubcreds"), &public); err != nil {
		b.t.Fatal(err)
	}
	secret = regexp.MustCompile(`[1-9A-Za-z]+(-[1-9A-Za-z]{3,6}){3,4}`).FindAllString(string(b.read(".privcreds")), -1)
	if len(secret) != n || len(public) != n {
		b.t.Fatalf("%d secret and %d public credentials", len(secret), len(public))
	}
	return secret, public
}

// ballot lets the tool seal one.
func (b *tool) ballot(credential string, vote ...[]int) []byte {
	b.t.Helper()
	b.write("credential", []byte(credential+"\n"))
	b.write("choice", encode(vote))
	option := "--choice"
	if b.old {
		option = "--ballot"
	}
	return []byte(strings.TrimSpace(b.run("election", "generate-ballot", "--privcred", "credential", option, "choice")))
}

// key reads the private key of a trustee.
func (b *tool) key(n int) *Key {
	b.t.Helper()
	var number string
	if err := json.Unmarshal(b.read(strconv.Itoa(n)+".privkey"), &number); err != nil {
		b.t.Fatal(err)
	}
	return must(ParseKey(b.group, decimal(number).FillBytes(make([]byte, 32))))(b.t)
}

// trustee lets the tool draw the key of a single trustee, and returns the public part.
func (b *tool) trustee(n int) []byte {
	b.t.Helper()
	b.run("setup", "generate-trustee-key", "--group", b.group)
	public := b.read(".pubkey")
	names := must(filepath.Glob(filepath.Join(b.dir, "????????.p*")))(b.t)
	for _, name := range names {
		var err error
		if strings.HasSuffix(name, ".privkey") {
			err = os.Rename(name, filepath.Join(b.dir, strconv.Itoa(n)+".privkey"))
		} else {
			err = os.Remove(name)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	return bytes.TrimSpace(public)
}

// election lets the tool set up everything.
func (b *tool) election(trustees int, questions ...Question) (*Election, []string) {
	b.t.Helper()
	uuid := strings.TrimSpace(b.run("setup", "generate-token"))
	secret, public := b.credentials(uuid, 6)
	b.write("public_creds.json", encode(public))
	var keys []byte
	for i := range trustees {
		keys = append(append(keys, b.trustee(i+1)...), '\n')
	}
	b.write("public_keys.jsons", keys)
	b.run("setup", "make-trustees")
	template := struct {
		Description string         `json:"description"`
		Name        string         `json:"name"`
		Questions   []wireQuestion `json:"questions"`
	}{Description: "d", Name: "n"}
	for _, q := range questions {
		template.Questions = append(template.Questions, q.wire())
	}
	b.write("template", encode(template))
	b.run("setup", "make-election", "--uuid", uuid, "--group", b.group, "--template", "template")
	b.run("archive", "init")
	events := must(readEvents(must(readRecords(b.read(".bel")))(b.t)))(b.t)
	data := events[0].data
	return must(Open(Setup{Election: data[0], Trustees: data[1], Credentials: data[2]}))(b.t), secret
}

// open lets the tool open what is closed.
func (b *tool) open(trustees int) {
	b.t.Helper()
	b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
	for i := range trustees {
		n := strconv.Itoa(i + 1)
		b.addEvent("PartialDecryption", b.run("election", "decrypt", "--privkey", n+".privkey", "--trustee-id", n))
	}
	b.addEvent("Result", b.run("election", "compute-result"))
}
