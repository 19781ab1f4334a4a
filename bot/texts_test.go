package bot

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
)

var update = flag.Bool("update", false, "write the golden files")

// mine are the sentences of the bot in the catalogues.
var mine = []string{
	"answer.", "arrival.", "ballot.", "call.", "contact.", "error.", "eta.", "help.", "lang.", "notice.", "ping.", "tellers.", "poll.", "privacy.", "probe.", "exclude.", "refusal.", "rights.", "time.", "vote.", "votes.", "check.",
}

func TestEverySentenceIsUsedAndExists(t *testing.T) {
	t.Parallel()
	prefixes := strings.ReplaceAll(strings.Join(mine, "|"), ".", "")
	named := regexp.MustCompile(`"((?:` + prefixes + `)\.[a-z.-]*)"`)
	used := make(map[string]bool)
	for _, pattern := range []string{"*.go", "answer/*.go", "../voting/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") || file == "keys.go" {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, match := range named.FindAllStringSubmatch(string(source), -1) {
				used[match[1]] = true
			}
			for _, match := range regexp.MustCompile(`"(eta)"`).FindAllStringSubmatch(string(source), -1) {
				used[match[1]] = true
			}
		}
	}
	for _, language := range i18n.Languages {
		texts, err := i18n.Load(language)
		if err != nil {
			t.Fatal(err)
		}
		all := texts.Prefix("")
		for key := range used {
			if strings.HasSuffix(key, ".") { // built at run time
				continue
			}
			if all[key] == "" && (all[key+".one"] == "" || all[key+".other"] == "") && all[key+".hours.other"] == "" {
				t.Errorf("%s has no %s", language, key)
			}
		}
		for key := range all {
			if !slices.ContainsFunc(mine, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
				continue
			}
			short := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
			for _, unit := range []string{".seconds", ".minutes", ".hours"} {
				short = strings.TrimSuffix(short, unit)
			}
			if !used[short] && !used[short[:strings.LastIndex(short, ".")+1]] {
				t.Errorf("%s has %s, which nobody says", language, key)
			}
		}
	}
}

func TestWordsDoNotContradict(t *testing.T) {
	t.Parallel()
	where := make(map[string]string)
	for key, list := range loadWords() {
		place := key[:strings.LastIndex(key, ".")]
		if key == "answer.words.weak" { // those may be others as well
			continue
		}
		for _, word := range list {
			if word == "" {
				t.Errorf("%s has an empty word", key)
			}
			if before, ok := where[place+word]; ok && before != key {
				t.Errorf("%q means %s and %s", word, before, key)
			}
			where[place+word] = key
		}
	}
}

// TestMessages plays a story in which the bot says nearly everything it has to say, and compares
// it with what was read and found good. Refusals follow as sentences.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, language := range i18n.Languages {
		t.Run(language, func(t *testing.T) {
			w := newWorld(t, language)
			story(w)
			var got strings.Builder
			known := make(map[string]bool)
			for _, s := range w.sent {
				if s.Redacts != "" {
					continue
				}
				kind := "text"
				if s.Notice {
					kind = "notice"
				}
				if s.File != nil {
					kind = "file " + s.File.Type
				}
				if s.Edits != "" {
					kind += ", an edit"
				}
				where := "direct"
				if s.Room != "" {
					where = "group"
				}
				text := settled(fmt.Sprintf("## %s, %s\n%s\n%s\n\n", where, kind, s.Plain, s.HTML))
				if !known[text] {
					known[text] = true
					got.WriteString(text)
				}
			}
			for _, key := range []string{"refusal.small-group", "refusal.busy", "refusal.counting", "refusal.long-question", "refusal.too-many"} {
				plain, html := w.texts.Both(key, "min", 5, "max", 1000)
				fmt.Fprintf(&got, "## %s\n%s\n%s\n\n", key, plain, html)
			}
			golden(t, "testdata/messages."+language+".txt", got.String())
		})
	}
}

func story(w *world) {
	w.notices(chat.Notice{Kind: chat.Joined, ID: "$joined", Room: group, Person: user("chair")})
	w.line.progress = chat.Progress{Waiting: 4, Sent: 2, ETA: 80 * time.Second}
	w.says("anna", map[string]string{"de": "ja", "en": "yes"}[w.texts.Language()])
	w.line.progress = chat.Progress{Sent: 5, Given: 1}
	w.now = w.now.Add(progressPause)
	w.settle()
	w.notices(chat.Notice{Kind: chat.Met, ID: "$met", Room: "!dm-anna:x", Person: user("anna")})
	w.notices(chat.Notice{Kind: chat.Unreadable, ID: "$dark", Room: group, Person: user("anna")})
	w.notices(chat.Notice{Kind: chat.Refused, ID: "$no", Room: "!other:y", Person: user("stranger")})
	w.line.power[user("chair")], w.line.power[myself] = 100, 50
	w.says("chair", "!probe")
	w.tells("anna", "hallo")
	m := w.message("bernd", "da", true)
	m.Trusted = false
	w.hear(m)
	w.line.reach = map[string]chat.Reach{user("clara"): chat.Invited, user("deniz"): chat.Blocked, user("eva"): chat.Declined, user("chair"): chat.Reachable}
	w.now = w.now.Add(probeFirst)
	w.settle()
	w.says("chair", "!probe --end")
	w.now = w.now.Add(hintsWithin)
	w.says("chair", "!help")
	for _, c := range commands {
		w.says("chair", "!help "+c.id)
	}
	w.says("chair", "!ping")
	w.says("chair", "!privacy")
	w.says("chair", "!rights")
	w.says("chair", "!lang")
	w.says("chair", "!contact")
	w.says("chair", "!contact Lenz, 0171 1234")
	w.says("eva", "!vote")
	w.says("chair", "!vote --majority A?")
	w.says("chair", "!vtoe")
	w.says("chair", "!close")
	w.says("chair", "!vote")
	w.says("chair", "!vote <b>Shall</b> we & they **adopt** motion 12?")
	w.says("chair", "!close")
	w.says("chair", "cancel")
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.says("chair", "start")
	w.tells("anna", "vielleicht")
	w.tells("anna", "1")
	w.tells("anna", "2")
	w.tells("anna", "hm")
	w.says("anna", "2")
	m = w.message("bernd", "", true)
	m.Kind = chat.Other
	w.hear(m)
	m = w.message("bernd", "1", true)
	m.Trusted = false
	w.hear(m)
	m.ID, m.Encrypted = "$plain", false
	w.hear(m)
	w.tells("stranger", "hello")
	w.tells("stranger", "1")
	w.tells("stranger", "!vote")
	w.join("late")
	w.tells("late", "1")
	w.says("bernd", "!close")
	w.says("chair", "!close")
	w.now = w.now.Add(commandsWithin)
	w.says("chair", "open")
	w.says("chair", "extend")
	for _, name := range people[1:5] {
		w.tells(name, "yes")
	}
	w.says("chair", "!close")
	w.leave("late")
	w.says("chair", "!vote Another?")
	w.says("chair", "start")
	w.says("chair", "!close")
	w.says("chair", "end")
	w.says("chair", "!vote A third?")
	w.says("chair", "start")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.now = w.now.Add(grace)
	w.settle()
	together(w)
	w.says("anna", "!call")
	room := w.callRoom()
	w.bot.CallChanged(room, persons("Anna", "Bernd"))
	w.settle()
	w.bot.CallChanged(room, nil)
	w.now = w.now.Add(cardPause)
	w.settle()
	w.now = w.now.Add(cardEmpty)
	w.settle()
	w.says("anna", "!call")
	w.line.plainRoom = true
	w.says("anna", "!call")
	w.bot.CallChanged(room, persons("Anna"))
	w.now = w.now.Add(cardPause)
	w.settle()
	w.says("chair", "!call lock")
	w.says("anna", "!vote Here?")
	w.notices(chat.Notice{Kind: chat.Joined, ID: "$again", Room: group, Person: user("chair")})
	w.notices(chat.Notice{Kind: chat.Moved, ID: "$moved", Room: group, To: "!new:x"})
}

// together is the part of the story in which two votes are open at once.
func together(w *world) {
	w.now = w.now.Add(hintsWithin)
	w.says("chair", "!vote A fourth?")
	w.says("chair", "start")
	w.says("chair", "!vote A fifth? --no-revote")
	w.says("chair", "start")
	for _, text := range []string{"1", "test", "A test", "A 3", "A OK", "B", "B hm", "B 2"} {
		w.tells("anna", text)
	}
	w.says("chair", "!cancel A")
	for _, text := range []string{"OK", "B OK", "B 1", "A 1"} {
		w.tells("anna", text)
	}
	w.says("chair", "cancel")
	w.says("chair", "!cancel")
	w.says("chair", "cancel")
	w.tells("anna", "B 1")
}

// settled puts names in the place of what differs in each run.
func settled(text string) string {
	for _, r := range []struct{ pattern, name string }{
		{`([A-Z2-7]{4}-){3}[A-Z2-7]{4}`, "CODE"},
		{`(words: |wörter: |Envelope: |Umschlag: )(<strong>)?[a-z]+-[a-z]+-[a-z]+`, "${1}${2}WORDS"},
		{`\b[0-9a-f]{64}\b`, "HASH"},
		{`[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}-[1-9A-HJ-NP-Za-km-z]{5}-[1-9A-HJ-NP-Za-km-z]{6}`, "TOKEN"},
		{`[1-9A-HJ-NP-Za-km-z]{14,}\.bel`, "UUID.bel"},
		{`roll-[1-9A-HJ-NP-Za-km-z]{14,}\.txt`, "roll-UUID.txt"},
		{`#[\w-]{22}`, "#KEY"},
		{`(: |<code>)[\w-]{43}(\n|<)`, "${1}FINGERPRINT${2}"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.name)
	}
	return text
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if i >= len(gotLines) || i >= len(wantLines) || gotLines[i] != wantLines[i] {
			t.Fatalf("%s, line %d differs (-update writes it anew):\n got %q\nwant %q", path, i+1, at(gotLines, i), at(wantLines, i))
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
