package i18n

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T, language string) *Texts {
	t.Helper()
	texts, err := Load(language)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func TestLanguagesSayTheSame(t *testing.T) {
	first := load(t, Languages[0])
	for _, language := range Languages[1:] {
		other := load(t, language)
		keys := slices.Sorted(maps.Keys(first.texts))
		if got := slices.Sorted(maps.Keys(other.texts)); !slices.Equal(keys, got) {
			t.Errorf("%s and %s have different keys: %v", first.language, language, different(keys, got))
		}
		for _, key := range keys {
			want, got := placeholders(first.texts[key]), placeholders(other.texts[key])
			if !slices.Equal(want, got) {
				t.Errorf("%s: %s has %v, %s has %v", key, first.language, want, language, got)
			}
		}
	}
}

func placeholders(text string) []string {
	all := placeholder.FindAllString(text, -1)
	slices.Sort(all)
	return slices.Compact(all)
}

func different(a, b []string) []string {
	var only []string
	for _, key := range append(slices.Clone(a), b...) {
		if slices.Contains(a, key) != slices.Contains(b, key) {
			only = append(only, key)
		}
	}
	return only
}

func TestCataloguesAreSorted(t *testing.T) {
	line := regexp.MustCompile(`(?m)^  "([^"]+)": `)
	files, err := filepath.Glob("*.json")
	if err != nil || len(files) < len(Languages) {
		t.Fatal(files, err)
	}
	for _, language := range files {
		data, err := os.ReadFile(language)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, match := range line.FindAllStringSubmatch(string(data), -1) {
			keys = append(keys, match[1])
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(err)
		}
		if len(keys) != len(texts) {
			t.Errorf("%s: %d lines with a key for %d keys", language, len(keys), len(texts))
		}
		if !slices.IsSorted(keys) {
			t.Errorf("%s is not sorted by key", language)
		}
	}
}

func TestCountsHaveBothForms(t *testing.T) {
	for _, language := range Languages {
		texts := load(t, language).texts
		for key := range texts {
			for form, other := range map[string]string{".one": ".other", ".other": ".one"} {
				if short, ok := strings.CutSuffix(key, form); ok && texts[short+other] == "" {
					t.Errorf("%s has %s without %s", language, key, other)
				}
			}
		}
	}
}

// TestWording holds what is promised about words: a vote that its operator could read is never
// called secret, and a verdict stands in drafts and results only.
func TestWording(t *testing.T) {
	secret := regexp.MustCompile(`(?i)geheim|secret`)
	// Only where not even whoever runs the bot could look.
	truly := []string{"poll.label.secret", "refusal.level", "refusal.no-secret-page"}
	notSecret := regexp.MustCompile(`(?i)nicht geheim|not secret`) // of a rehearsal
	verdict := regexp.MustCompile(`(?i)angenommen|abgelehnt|adopted|rejected`)
	// The bot makes the key of its calls: no text says more of them than is true.
	whole := regexp.MustCompile(`(?i)ende[- ]zu[- ]ende|end[- ]to[- ]end|\be2e`)
	shout := regexp.MustCompile(`\p{L}!`) // an exclamation mark begins commands and ends no sentence
	for _, language := range Languages {
		for key, text := range load(t, language).texts {
			if secret.MatchString(notSecret.ReplaceAllString(text, "")) && !strings.Contains(key, ".words.") && !slices.Contains(truly, key) {
				t.Errorf("%s %s calls something secret: %q", language, key, text)
			}
			card := strings.HasPrefix(key, "poll.draft.") || strings.HasPrefix(key, "poll.result.")
			if verdict.MatchString(text) && !card {
				t.Errorf("%s %s speaks of a verdict: %q", language, key, text)
			}
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s %s says nothing", language, key)
			}
			if whole.MatchString(text) {
				t.Errorf("%s %s calls something encrypted from end to end: %q", language, key, text)
			}
			if shout.MatchString(text) {
				t.Errorf("%s %s shouts: %q", language, key, text)
			}
		}
	}
}

func TestValuesAreNoMarkup(t *testing.T) {
	texts := &Texts{language: "en", texts: map[string]string{
		"k": "**{a}** is `{b}`\n{c}",
	}}
	plain, html := texts.Both("k", "a", `<b>&"**x**`, "b", "{c}", "c", "https://x.example/r/a#b")
	if want := "<b>&\"**x** is {c}\nhttps://x.example/r/a#b"; plain != want {
		t.Errorf("plain %q, want %q", plain, want)
	}
	want := "<strong>&lt;b&gt;&amp;&#34;**x**</strong> is <code>{c}</code><br>\n" +
		`<a href="https://x.example/r/a#b">https://x.example/r/a#b</a>`
	if html != want {
		t.Errorf("html %q, want %q", html, want)
	}
	if got := texts.Text("missing"); got != "missing" {
		t.Errorf("a missing key gives %q", got)
	}
}

func TestOnlyWholeAddressesBecomeLinks(t *testing.T) {
	for value, linked := range map[string]bool{
		"https://x.example/":                 true,
		"javascript:alert(1)":                false,
		"https://x.example/ and more":        false,
		`https://x.example/"onload="alert()`: false,
		"":                                   false,
	} {
		if got := strings.Contains(asHTML(value), "<a "); got != linked {
			t.Errorf("%q becomes a link: %v, want %v", value, got, linked)
		}
	}
}

// TestFamiliarForm holds the sentences that say du against those that say Sie: each polite one
// has its familiar one, and nothing else differs. Whoever sets the bot up is addressed politely.
func TestFamiliarForm(t *testing.T) {
	polite := regexp.MustCompile(`\b(Sie|Ihr|Ihre|Ihren|Ihrem|Ihrer|Ihres|Ihnen)\b`)
	texts := load(t, "de")
	differ, err := read("de-du.json")
	if err != nil {
		t.Fatal(err)
	}
	for key, text := range differ {
		want, ok := texts.texts[key]
		if !ok || want == text {
			t.Errorf("%s is needless", key)
		}
		if !slices.Equal(placeholders(want), placeholders(text)) {
			t.Errorf("%s has %v, want %v", key, placeholders(text), placeholders(want))
		}
		if strings.Count(want, "\n") != strings.Count(text, "\n") {
			t.Errorf("%s has other lines", key)
		}
		if polite.MatchString(text) {
			t.Errorf("%s says Sie: %q", key, text)
		}
	}
	for key, text := range texts.texts {
		if _, ok := differ[key]; !ok && polite.MatchString(text) && !strings.HasPrefix(key, "setup.") {
			t.Errorf("%s has no familiar form: %q", key, text)
		}
	}
	du, err := texts.Familiar()
	if err != nil || du.Text("page.left") != "Du hast das Gespräch verlassen." || du.Text("poll.answer.yes") != "Ja" {
		t.Errorf("familiar: %q, %v", du.Text("page.left"), err)
	}
	en, err := du.In("en")
	if err != nil || en.Language() != "en" || en.Text("page.left") != "You have left the call." {
		t.Errorf("in English: %v", err)
	}
	if back, err := en.In("de"); err != nil || back.Text("page.left") != du.Text("page.left") {
		t.Errorf("back in German it is not familiar: %v", err)
	}
}

func TestUnknownLanguage(t *testing.T) {
	if _, err := Load("fr"); err == nil || !strings.Contains(err.Error(), "de, en") {
		t.Errorf("got %v, want an error that lists the languages", err)
	}
}
