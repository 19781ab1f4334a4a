// Package i18n holds every sentence that a person reads, in German and English.
//
// A catalogue is a flat JSON object. Its sentences may hold {name} placeholders, **bold**,
// `code`, line breaks and bare links, and come out as plain text and as HTML. Arguments are
// never read as markup: what somebody typed cannot become a tag, a link or bold text.
package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
)

//go:embed de.json en.json
var files embed.FS

// Languages are the languages that there is a catalogue for.
var Languages = []string{"de", "en"}

// Texts is the catalogue of one language.
type Texts struct {
	language string
	texts    map[string]string
}

// Load returns the catalogue of a language, one of [Languages].
func Load(language string) (*Texts, error) {
	data, err := files.ReadFile(language + ".json")
	if err != nil {
		return nil, fmt.Errorf("language %q is not one of %s", language, strings.Join(Languages, ", "))
	}
	t := &Texts{language: language}
	if err := json.Unmarshal(data, &t.texts); err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", language, err)
	}
	return t, nil
}

// Language is "de" or "en".
func (t *Texts) Language() string { return t.language }

// Text returns a sentence as plain text. args are names and values in turn.
func (t *Texts) Text(key string, args ...any) string {
	plain, _ := t.Both(key, args...)
	return plain
}

// Count returns the sentence for a number of things: key+".one" for one, key+".other" for
// every other number. {n} is the number.
func (t *Texts) Count(key string, n int, args ...any) string {
	plain, _ := t.BothCount(key, n, args...)
	return plain
}

// BothCount is [Texts.Both] for a number of things, see [Texts.Count].
func (t *Texts) BothCount(key string, n int, args ...any) (plain, htm string) {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return t.Both(key+form, append([]any{"n", n}, args...)...)
}

// Both returns a sentence as plain text and as HTML. args are names and values in turn; a
// value stands in both as what it is, character by character.
func (t *Texts) Both(key string, args ...any) (plain, htm string) {
	text, ok := t.texts[key]
	if !ok {
		return key, html.EscapeString(key)
	}
	values := make(map[string]string, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		values[fmt.Sprint(args[i])] = fmt.Sprint(args[i+1])
	}
	return fill(plainMarks.Replace(text), values, func(s string) string { return s }),
		fill(markup(text), values, asHTML)
}

// Prefix returns the sentences whose keys begin with prefix, without it, as they stand in
// the catalogue. Pages fill them in themselves.
func (t *Texts) Prefix(prefix string) map[string]string {
	some := make(map[string]string)
	for key, text := range t.texts {
		if short, ok := strings.CutPrefix(key, prefix); ok {
			some[short] = text
		}
	}
	return some
}

var (
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
	bold        = regexp.MustCompile(`\*\*(.+?)\*\*`)
	code        = regexp.MustCompile("`(.+?)`")
	link        = regexp.MustCompile(`https?://[^\s<>"]+`)
	plainMarks  = strings.NewReplacer("**", "", "`", "")
)

// fill puts the values where their placeholders stand, in one pass: a value is not searched.
func fill(text string, values map[string]string, as func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := values[name[1:len(name)-1]]
		if !ok {
			return name
		}
		return as(value)
	})
}

// markup turns a sentence of the catalogue into HTML. Its placeholders stay.
func markup(text string) string {
	text = html.EscapeString(text)
	text = bold.ReplaceAllString(text, "<strong>$1</strong>")
	text = code.ReplaceAllString(text, "<code>$1</code>")
	return strings.ReplaceAll(text, "\n", "<br>\n")
}

// asHTML escapes a value. A value that is one web address as a whole becomes a link.
func asHTML(value string) string {
	safe := strings.ReplaceAll(html.EscapeString(value), "\n", "<br>\n")
	if link.FindString(value) == value && value != "" {
		return `<a href="` + safe + `">` + safe + `</a>`
	}
	return safe
}
