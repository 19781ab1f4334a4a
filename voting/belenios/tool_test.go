package belenios

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"filippo.io/bigmod"
)

// tool runs the other implementation in a folder of its own.
type tool struct {
	t   *testing.T
	dir string
	old bool // before version 2.2: other options, other credentials
}

func newTool(t *testing.T) *tool {
	t.Helper()
	if _, err := exec.LookPath("belenios-tool"); err != nil {
		t.Fatal("this test compares with another implementation that is not installed: please run `apt install belenios-tool`")
	}
	b := &tool{t: t, dir: t.TempDir()}
	b.old = regexp.MustCompile(`^2\.[01]\b`).MatchString(b.run("--version"))
	return b
}

func (b *tool) try(stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(b.t.Context(), "belenios-tool", args...)
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

// read returns the one file with this ending.
func (b *tool) read(ending string) []byte {
	b.t.Helper()
	names := must(filepath.Glob(filepath.Join(b.dir, "*"+ending)))(b.t)
	if len(names) != 1 {
		b.t.Fatalf("%d files end in %s", len(names), ending)
	}
	return must(os.ReadFile(names[0]))(b.t)
}

// accepts says whether the tool finds an archive valid.
func (b *tool) accepts(uuid string, archive []byte) error {
	b.t.Helper()
	b.write(uuid+".bel", archive)
	_, err := b.try("", "election", "verify")
	return err
}

// credentials lets the tool make some: secret ones, and the public ones in the tool's order.
func (b *tool) credentials(uuid string, n int) (secret, public []string) {
	b.t.Helper()
	b.run("setup", "generate-credentials", "--uuid", uuid, "--group", Group2048, "--count", strconv.Itoa(n))
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
func (b *tool) ballot(credential string, answer, answers int) []byte {
	b.t.Helper()
	choice := make([]int, answers)
	choice[answer] = 1
	b.write("credential", []byte(credential+"\n"))
	b.write("choice", encode([][]int{choice}))
	option := "--choice"
	if b.old {
		option = "--ballot"
	}
	return []byte(strings.TrimSpace(b.run("election", "generate-ballot", "--privcred", "credential", option, "choice")))
}

// secret derives the exponent of the tool's credentials, whose older form we never make.
func (b *tool) secret(e *Election, credential string) *bigmod.Nat {
	b.t.Helper()
	if isCredential(credential) {
		return must(secretOf(e.g, e.uuid, credential))(b.t)
	}
	var wide [64]byte
	copy(wide[32:], must(pbkdf2.Key(sha256.New, credential, []byte(e.uuid), 1000, 32))(b.t))
	return e.g.scalars().reduce(&wide)
}

// key reads the tool's private key.
func (b *tool) key() *Key {
	b.t.Helper()
	var number string
	if err := json.Unmarshal(b.read(".privkey"), &number); err != nil {
		b.t.Fatal(err)
	}
	return must(ParseKey(Group2048, decimal(number).FillBytes(make([]byte, 32))))(b.t)
}

// election lets the tool set up everything.
func (b *tool) election(trustees int) (*Election, []string) {
	b.t.Helper()
	uuid := strings.TrimSpace(b.run("setup", "generate-token"))
	secret, public := b.credentials(uuid, 6)
	b.write("public_creds.json", encode(public))
	var keys []byte
	for i := range trustees {
		b.run("setup", "generate-trustee-key", "--group", Group2048)
		names := must(filepath.Glob(filepath.Join(b.dir, "????????.pubkey")))(b.t)
		if len(names) != 1 {
			b.t.Fatalf("public keys: %v", names)
		}
		keys = append(keys, must(os.ReadFile(names[0]))(b.t)...)
		private := strings.TrimSuffix(names[0], ".pubkey") + ".privkey"
		for _, err := range []error{os.Remove(names[0]), os.Rename(private, filepath.Join(b.dir, fmt.Sprintf("%d.privkey", i+1)))} {
			if err != nil {
				b.t.Fatal(err)
			}
		}
	}
	b.write("public_keys.jsons", keys)
	b.run("setup", "make-trustees")
	b.write("template", []byte(`{"description":"d","name":"n","questions":[{"answers":["Ja","Nein","—"],"min":1,"max":1,"question":"Ä?"}]}`))
	b.run("setup", "make-election", "--uuid", uuid, "--group", Group2048, "--template", "template")
	b.run("archive", "init")
	events := must(readEvents(must(readRecords(b.read(".bel")))(b.t)))(b.t)
	data := events[0].data
	return must(Open(Setup{Election: data[0], Trustees: data[1], Credentials: data[2]}))(b.t), secret
}

// close lets the tool add up and open.
func (b *tool) close(trustees int) {
	b.t.Helper()
	b.addEvent("EndBallots", "")
	b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
	for i := range trustees {
		n := strconv.Itoa(i + 1)
		b.addEvent("PartialDecryption", b.run("election", "decrypt", "--privkey", n+".privkey", "--trustee-id", n))
	}
	b.addEvent("Result", b.run("election", "compute-result"))
}
