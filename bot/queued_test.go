package bot

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting/parley"
)

// kinds are all kinds of deliveries that say something.
func kinds(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "kind") {
			return true
		}
		kind, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if kind != kindNote && kind != kindRedact {
			all = append(all, kind)
		}
		return true
	})
	return all
}

var (
	oneSecret = regexp.MustCompile(`token, [^:]+: (\S+)|#(\S{20,})`) // a member's token; the key of a call
	oneCode   = regexp.MustCompile(`Code: (\S+)`)
)

// Whatever the bot says, the queue has no secret of it: no token, no code, no answer, no key of a call. A story
// in which everything is said that can be; whoever adds a kind of delivery adds it here.
func TestNoSecretIsQueued(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Native = true
	w.line.power[user("chair")] = 100

	w.notices(joined)
	w.says("anna", "yes")
	w.notices(chat.Notice{Kind: chat.Met, ID: "$met", Room: "!anna", Person: user("anna")})
	w.says("anna", "!call")
	w.says("bernd", "!call")
	w.says("chair", "!call end")
	w.tells("anna", "!me")
	w.says("anna", "!help")

	w.says("chair", "!probe")
	w.tells("anna", "here")
	w.now = w.now.Add(probeFirst)
	w.settle()
	w.says("chair", "!probe --end")

	w.line.reach[user("eva")] = chat.Invited
	w.says("chair", "!vote Shall we adopt motion 12?")
	clear(w.line.reach)
	w.says("chair", "start")
	w.tells("anna", "perhaps")
	w.says("bernd", "1")
	for i, answer := range []string{"1", "2", "3", "1", "2", "2"} {
		w.tells(people[i], answer)
	}
	w.tells("anna", "2")
	for _, said := range []string{"test", "2", "open"} {
		w.tells("eva", said)
	}
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	w.settle()

	w.says("chair", "!result")
	w.says("chair", "!vote And motion 12b? --no-revote --for 30m")
	w.says("chair", "start")
	w.says("chair", "!vote Which? A | B --open")
	w.says("chair", "start")
	w.tells("anna", "1")
	w.tells("anna", "A 1")
	w.tells("bernd", "A 2")
	w.tells("bernd", "A OK")
	w.tells("bernd", "B 2")
	w.says("chair", "!close B")
	w.says("chair", "!extend A 10m")
	if err := w.bot.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.says("chair", "!cancel A")
	w.says("chair", "!cancel B")
	w.now = w.now.Add(commandsWithin)

	annas, bernds := w.withTellers()
	p := w.evening(annas, bernds)
	w.says("chair", "!close")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	annas.says(parley.Record{Kind: parley.Kept, Poll: p.ID, Rule: "voters"})
	w.says("chair", "!cancel")
	w.now = w.now.Add(commandsWithin)

	for i := range mostNames { // then the roll is a file
		w.join(fmt.Sprint("member", i))
	}
	w.says("chair", "!vote And motion 13?")

	var secrets []string
	said := make(map[string]bool)
	for _, s := range w.sent {
		said[s.Kind] = true
		for _, pattern := range []*regexp.Regexp{oneSecret, oneCode} {
			for _, found := range pattern.FindAllStringSubmatch(s.Plain, -1) {
				secrets = append(secrets, strings.Join(found[1:], ""))
			}
		}
	}
	for _, kind := range kinds(t) {
		if !said[kind] {
			t.Errorf("nothing of the kind %s was said", kind)
		}
	}
	slices.Sort(secrets)
	if secrets = slices.Compact(secrets); len(secrets) != 6+1+7+6+1+1+6+6 || secrets[0] == "" {
		t.Fatalf("the secrets of the story: %q", secrets)
	}
	size := make(map[string]int)
	for _, d := range w.line.queued {
		stored := fmt.Sprintf("%s %s %s %s %s %s", d.Key, d.Group, d.Kind, d.Payload, d.Thread, d.Redacts)
		for _, secret := range secrets {
			if strings.Contains(stored, secret) {
				t.Errorf("%s is stored in a %s", secret, d.Kind)
			}
		}
		if d.Kind != kindReceipt && d.Kind != kindOutcome {
			continue
		}
		var payload map[string]any
		if err := json.Unmarshal(d.Payload, &payload); err != nil {
			t.Fatal(err)
		}
		delete(payload, "poll")
		delete(payload, "sealed")
		if len(payload) > 0 {
			t.Errorf("unsealed in a %s: %v", d.Kind, payload)
		}
		if before, known := size[d.Kind]; known && before != len(d.Payload) {
			t.Errorf("a %s of %d bytes beside one of %d", d.Kind, len(d.Payload), before)
		}
		size[d.Kind] = len(d.Payload)
	}
}
