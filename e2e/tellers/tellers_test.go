package tellers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/script"
	"stimmbote/e2e/world"
	"stimmbote/voting/belenios"
	"stimmbote/web"
)

func (e *evening) says(name string, chat world.Chat, text string) {
	e.t.Helper()
	if _, err := e.People[name].Say(e.ctx, chat, text); err != nil {
		e.t.Fatal(err)
	}
}

// hears waits for a message of the bot, or of a machine.
func (e *evening) hears(name string, chat world.Chat, pattern string) world.Message {
	e.t.Helper()
	return e.hearsWithin(name, chat, pattern, forAWord)
}

// forAWord is how long a message may take on a slow machine.
const forAWord = 40 * time.Second

func (e *evening) hearsWithin(name string, chat world.Chat, pattern string, within time.Duration) world.Message {
	e.t.Helper()
	m, err := e.People[name].Inbox.Wait(e.ctx, chat, matching(pattern), within)
	if err != nil {
		all := e.People[name].Inbox.All()
		e.t.Fatalf("%s waits for %s: %v; the last messages: %+v", name, pattern, err, all[max(0, len(all)-8):])
	}
	return m
}

func matching(pattern string) func(world.Message) bool {
	re := regexp.MustCompile(pattern)
	return func(m world.Message) bool { return re.MatchString(m.Body) }
}

// machineSays waits for a message of a machine in the group, as a member reads it.
func (e *evening) machineSays(k *world.Keyholder, pattern string) world.Message {
	e.t.Helper()
	fits := matching(pattern)
	m, err := e.People[world.Chair].Inbox.Find(e.ctx, func(m world.Message) bool {
		return m.Sender == k.ID && m.Chat == world.Group && fits(m)
	}, forAWord)
	if err != nil {
		e.t.Fatalf("%s does not say %s: %v", k.ID, pattern, err)
	}
	if !m.Encrypted || !m.Trusted {
		e.t.Errorf("%s cannot be trusted: %+v", k.ID, m)
	}
	return m
}

// TestTellers holds a vote at each of the levels that tellers make possible, from the naming of the
// tellers to the recheck of the archives.
func TestTellers(t *testing.T) {
	e := begin(t, usual)
	e.sharesTheKey()
	e.isSecret()
	e.isKept()
}

// isSecret plays the story of a vote that its voters seal themselves, on the page of a teller's machine, and looks at that
// page.
func (e *evening) isSecret() {
	t, file := e.t, filepath.Join(e.Repo, "e2e", "testdata", "secret.txt")
	t.Helper()
	text, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	lines, err := script.Parse(file, text, world.Everybody())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range e.People {
		p.Inbox.Skip()
	}
	kaya := e.People["kaya"]
	from := kaya.Inbox.Len()
	if err := script.Play(e.ctx, e.World, lines, t.Output()); err != nil {
		t.Fatal(err)
	}
	var read strings.Builder
	for _, m := range kaya.Inbox.All()[from:] {
		fmt.Fprintf(&read, "%-6s  %-10s  %s\n", m.Chat, m.Sender.Localpart(), strings.ReplaceAll(script.Describe(m), "\n", "\n"+strings.Repeat(" ", 20)))
	}
	t.Logf("what a teller reads (docs/keyholders.md has its first part):\n%s", read.String())
	e.rechecks(7)
	page, err := http.Get(e.Keyholders["kaya"].WebURL + "/booth.html")
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	served, err := io.ReadAll(page.Body)
	if err != nil || web.Sum(served) != web.BoothHash() || page.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the machine serves %d bytes as %s: %v", len(served), page.Status, err)
	}
}

// isKept sets a machine up anew on an empty disk from its backup: the same account goes on, believed by everybody.
func (e *evening) isKept() {
	t, k := e.t, e.Keyholders["kaya"]
	t.Helper()
	status, err := e.Bot.Command("keyholder", "status", "--config", k.Config).CombinedOutput()
	if err != nil || !regexp.MustCompile(`(?s)runs, and heard from the homeserver \d+ seconds ago.*is up, and it is the right one.*That are over`).Match(status) {
		t.Errorf("status: %v\n%s", err, status)
	}
	e.setUpAnew(k)
	from := e.People[world.Chair].Inbox.Len()
	e.says("chair", world.Group, "!vote Does the new disk hold a key?")
	e.hears("chair", world.Group, `(?s)Draft.*new disk`)
	e.says("chair", world.Group, "start")
	e.hears("chair", world.Group, `(?i)voting is open`)
	e.says("chair", world.Group, "!cancel")
	for _, m := range e.People[world.Chair].Inbox.All()[from:] {
		if m.Sender == k.ID && !(m.Encrypted && m.Trusted) {
			t.Errorf("the new device is not believed: %+v", m)
		}
	}
}

// setUpAnew lets a machine's account go on with what its backup has, on an empty disk.
func (e *evening) setUpAnew(k *world.Keyholder) {
	t := e.t
	t.Helper()
	kept := k.Config + ".kept"
	if out, err := e.Bot.Command("keyholder", "backup", "--config", k.Config, kept).CombinedOutput(); err != nil {
		t.Fatalf("backup: %v\n%s", err, out)
	}
	if err := errors.Join(k.Stop(), os.RemoveAll(k.Store())); err != nil {
		t.Fatal(err)
	}
	e.listensWhere(kept, k.OpsURL)
	k.Config = kept
	if err := k.Start(e.ctx); err != nil {
		t.Fatal(err)
	}
}

// sharesTheKey holds a vote whose answers are given in the direct chat.
func (e *evening) sharesTheKey() {
	t := e.t
	t.Helper()
	for _, k := range e.Keyholders {
		e.machineSays(k, `I am the key machine of @`)
	}
	e.says("chair", world.Group, "!vote Shall we adopt motion 12?")
	draft := e.hears("chair", world.Group, `(?s)Draft.*motion 12`)
	for _, want := range []string{`Confidential, shared key`, `Tellers: kaya \(@kaya-keys`, `Open for 15 minutes`, `8 members are entitled`} {
		if !regexp.MustCompile(want).MatchString(draft.Body) {
			t.Errorf("the draft does not say %s:\n%s", want, draft.Body)
		}
	}
	e.says("chair", world.Group, "start")
	e.hears("chair", world.Group, `I ask the tellers' machines`)
	said := e.hears("chair", world.Group, `This vote is called: ([a-z-]+)`)
	words := regexp.MustCompile(`called: ([a-z-]+)`).FindStringSubmatch(said.Body)[1]
	for _, k := range e.Keyholders {
		e.machineSays(k, `My key for this vote`)
		e.machineSays(k, `My key is in this vote: `+words)
	}
	e.hears("chair", world.Group, `Election fingerprint|fingerprint`)
	e.hears("chair", world.Group, `(?i)voting is open`)
	for name, p := range e.People {
		e.hears(name, world.Direct, `(?s)motion 12.*Confidential, shared key`)
		if _, err := p.Say(e.ctx, world.Direct, "1"); err != nil {
			t.Fatal(err)
		}
	}
	for name := range e.People {
		e.hears(name, world.Direct, `(?i)understood: yes`)
	}
	// Nothing comes through to a machine for a while: the box waits for it.
	if err := e.Keyholders["lenz"].Freeze(); err != nil {
		t.Fatal(err)
	}
	e.says("chair", world.Group, "!close")
	e.hears("chair", world.Group, `My part of the opening`)
	e.machineSays(e.Keyholders["kaya"], `I checked everything and gave my part of the opening, 8 ballots`)
	if err := e.Keyholders["lenz"].Thaw(); err != nil {
		t.Fatal(err)
	}
	for _, k := range e.Keyholders {
		e.machineSays(k, `I checked everything and gave my part of the opening, 8 ballots`)
	}
	e.hears("chair", world.Group, `(?s)Adopted|adopted`)
	for _, k := range e.Keyholders {
		e.machineSays(k, `Counted again, 8 ballots: the result is right.*motion 12`)
	}
	e.rechecks(8)
}

// rechecks lets every judge there is look at the archive that the group got last, of so many ballots.
func (e *evening) rechecks(ballots int) {
	t := e.t
	t.Helper()
	m, err := e.People[world.Chair].Inbox.Find(e.ctx, func(m world.Message) bool { return filepath.Ext(m.File) == ".bel" && !e.judged[m.File] }, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	e.judged[m.File] = true
	archive, err := os.ReadFile(m.File)
	if err != nil {
		t.Fatal(err)
	}
	report, err := belenios.Verify(archive)
	if err != nil || report.Status != belenios.Complete {
		t.Fatalf("the archive: %v", err)
	}
	if n := report.Counted; n != ballots {
		t.Errorf("%d counted, not %d", n, ballots)
	}
	for name, cmd := range map[string]*exec.Cmd{
		"stimmbote verify": e.Bot.Command("verify", m.File),
		"stimmbote-verify": exec.CommandContext(e.ctx, "go", "run", "-C", e.Repo, "./cmd/verify", m.File),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	e.rechecksWithTools(m.File, report.Group)
}

// rechecksWithTools asks every belenios-tool that there is and can do the group.
func (e *evening) rechecksWithTools(file, group string) {
	e.t.Helper()
	tools, err := filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*"))
	if os.Getenv("BELENIOS_TOOLS") == "" || err != nil {
		tools = nil
	}
	if group == belenios.Group2048 {
		tools = append(tools, "belenios-tool")
	}
	for _, tool := range tools {
		cmd := exec.CommandContext(e.ctx, filepath.Join(e.Repo, "recheck.sh"), file)
		cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+tool)
		if out, err := cmd.CombinedOutput(); err != nil {
			e.t.Errorf("%s: %v\n%s", tool, err, out)
		}
	}
}
