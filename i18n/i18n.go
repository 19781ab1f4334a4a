// Package i18n holds every sentence that a person reads, in German and English.
//
// A catalogue is a flat JSON object. Its sentences may hold {name} placeholders, **bold**,
// `code`, line breaks and bare links, and come out as plain text and as HTML. Arguments are
// never read as markup: what somebody typed cannot become a tag, a link or bold text.
//
// People are addressed politely (German Sie). Where a language knows a familiar form (du), the
// file LANGUAGE-du.json holds the sentences that differ in it, and only those.
package i18n

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed *.json
var files embed.FS

// Languages are the languages that there is a catalogue for.
var Languages = []string{"de", "en"}

// Texts is the catalogue of one language.
type Texts struct {
	language string
	familiar bool // du instead of Sie
	texts    map[string]string
}

// Load returns the catalogue of a language, one of [Languages], in its polite form.
func Load(language string) (*Texts, error) {
	if !slices.Contains(Languages, language) {
		return nil, fmt.Errorf("language %q is not one of %s", language, strings.Join(Languages, ", "))
	}
	texts, err := read(language + ".json")
	if err != nil {
		return nil, err
	}
	return &Texts{language: language, texts: texts}, nil
}

// catalogues are the files that were read, by name.
var catalogues sync.Map

// read reads one file of sentences, once: nobody changes what it returns.
func read(name string) (map[string]string, error) {
	if texts, ok := catalogues.Load(name); ok {
		return texts.(map[string]string), nil
	}
	data, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", name, err)
	}
	var texts map[string]string
	if err := json.Unmarshal(data, &texts); err != nil {
		return nil, fmt.Errorf("catalogue %s: %w", name, err)
	}
	catalogues.Store(name, texts)
	return texts, nil
}

// Language is "de" or "en".
func (t *Texts) Language() string { return t.language }

// Familiar returns the same language in its familiar form, where it has one.
func (t *Texts) Familiar() (*Texts, error) {
	differ, err := read(t.language + "-du.json")
	if errors.Is(err, fs.ErrNotExist) {
		differ, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.texts)
	maps.Copy(all, differ)
	return &Texts{language: t.language, familiar: true, texts: all}, nil
}

// In returns the same form of address in another language.
func (t *Texts) In(language string) (*Texts, error) {
	other, err := Load(language)
	if err != nil || !t.familiar {
		return other, err
	}
	return other.Familiar()
}

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
