package belenios

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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

// secretOfTool derives the exponent of the tool's credentials, whose older form we never make.
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

func TestOurElectionInTheirTool(t *testing.T) {
	b, p := newTool(t), newPoll(t)
	ballots := p.ballots(t)
	tally := must(p.election.Tally(rand.Reader, ballots, p.key))(t)
	for name, archive := range map[string][]byte{
		"whole":                  p.archive(t, ballots, tally),
		"without a result":       p.archive(t, ballots, nil),
		"with a replaced ballot": p.around(t, append(ballots, p.seal(t, 0, 2))...).archive(),
	} {
		if err := b.accepts(p.election.UUID(), archive); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The tool would notice: it does refuse.
	forged := p.around(t, append(ballots[1:], p.craft(t, 0, 2, -1, 0))...).archive()
	if b.old && b.accepts(p.election.UUID(), forged) == nil {
		t.Error("the tool accepts a choice that encrypts 2")
	}
}

func TestTheirElectionInOurs(t *testing.T) {
	b := newTool(t)
	e, secrets := b.election(1)
	var ballots [][]byte
	for voter, answer := range []int{0, 1, 0, 2, 0} {
		var ballot []byte
		if voter%2 == 0 {
			ballot = b.ballot(secrets[voter], answer, 3)
		} else {
			ballot = must(e.seal(rand.Reader, b.secret(e, secrets[voter]), answer))(t)
		}
		if _, err := e.CheckBallot(ballot); err != nil {
			t.Errorf("ballot %d: %v", voter, err)
		}
		ballots = append(ballots, ballot)
		b.addEvent("Ballot", string(ballot))
	}
	if _, err := b.try("", "election", "verify"); err != nil {
		t.Error(err)
	}
	b.close(1)
	report, err := Verify(b.read(".bel"))
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, []int{3, 1, 1}) {
		t.Errorf("their archive: report %+v, error %v", report, err)
	}

	// Their election and key, our tally, share and archive.
	tally := must(e.Tally(rand.Reader, ballots, b.key()))(t)
	if !slices.Equal(tally.Sums, report.Sums) {
		t.Errorf("our tally is %v", tally.Sums)
	}
	var ours bytes.Buffer
	if err := e.WriteArchive(&ours, at, ballots, tally); err != nil {
		t.Fatal(err)
	}
	if err := b.accepts(e.UUID(), ours.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestTheirBallotsAndTallyInOurElection(t *testing.T) {
	b := newTool(t)
	uuid := must(NewUUID(rand.Reader))(t)
	secrets, public := b.credentials(uuid, 6)
	key := must(NewKey(rand.Reader, Group2048))(t)
	for i, c := range public { // to the setup's author the tool names voters and weights as well
		public[i], _, _ = strings.Cut(c, ",")
	}
	setup := must(NewSetup(rand.Reader, Parameters{
		UUID: uuid, Group: Group2048, Name: "Motion", Question: "Motion?", Answers: []string{"Yes", "No"},
	}, key, public))(t)
	e := must(Open(setup))(t)
	begun := new(chain)
	begun.add("Setup", setup.Election, setup.Trustees, setup.Credentials, encode(wireSetup{
		Election: hexHash(setup.Election), Trustees: hexHash(setup.Trustees), Credentials: hexHash(setup.Credentials),
	}))
	b.write(uuid+".bel", written(begun))
	var ballots [][]byte
	for voter, answer := range []int{1, 1, 0, 1, 0} {
		ballot := b.ballot(secrets[voter], answer, 2)
		if _, err := e.CheckBallot(ballot); err != nil {
			t.Errorf("ballot %d: %v", voter, err)
		}
		ballots = append(ballots, ballot)
	}
	tally := must(e.Tally(rand.Reader, ballots, key))(t)
	if !slices.Equal(tally.Sums, []int{2, 3}) {
		t.Errorf("tally is %v", tally.Sums)
	}
	var ours, closed bytes.Buffer
	for archive, opened := range map[*bytes.Buffer]*Tally{&ours: tally, &closed: nil} {
		if err := e.WriteArchive(archive, at, ballots, opened); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.accepts(uuid, ours.Bytes()); err != nil {
		t.Error(err)
	}

	// Our closed archive, opened by the tool with our key.
	b.write(uuid+".bel", closed.Bytes())
	number := e.g.scalars().publish(must(key.exponent())(t)).String()
	b.write("1.privkey", encode(number))
	b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
	b.addEvent("PartialDecryption", b.run("election", "decrypt", "--privkey", "1.privkey", "--trustee-id", "1"))
	b.addEvent("Result", b.run("election", "compute-result"))
	report, err := Verify(b.read(".bel"))
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, tally.Sums) {
		t.Errorf("report %+v, error %v", report, err)
	}
}

func TestTheirElectionWithThreeTrustees(t *testing.T) {
	b := newTool(t)
	_, secrets := b.election(3)
	for voter, answer := range []int{0, 2, 0} {
		b.addEvent("Ballot", string(b.ballot(secrets[voter], answer, 3)))
	}
	b.close(3)
	raw := b.read(".bel")
	report, err := Verify(raw)
	if err != nil || report.Status != Complete || !slices.Equal(report.Sums, []int{2, 0, 1}) {
		t.Fatalf("report %+v, error %v", report, err)
	}
	links := linksOf(t, &chain{records: must(readRecords(raw))(t)})
	share := len(links) - 2
	owner := func(n int) link {
		l := link{kind: "PartialDecryption", data: slices.Clone(links[share].data)}
		l.data[1] = encode(wireOwned{Owner: n, Payload: hexHash(l.data[0])})
		return l
	}
	t.Run("a share missing", func(t *testing.T) {
		refused(t, rechain(slices.Delete(slices.Clone(links), share, share+1)), ErrOwner)
	})
	t.Run("a share twice", func(t *testing.T) {
		refused(t, rechain(slices.Insert(slices.Clone(links), share, links[share])), ErrOwner)
	})
	t.Run("a share for another's", func(t *testing.T) {
		refused(t, rechain(slices.Replace(slices.Clone(links), share-1, share, owner(2))), ErrShare)
	})
	t.Run("shares to come", func(t *testing.T) {
		if report, err := Verify(rechain(links[:share])); err != nil || report.Status != Incomplete {
			t.Errorf("status %d, error %v", report.Status, err)
		}
	})
}
