package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// single is a page that is one file: whatever it needs stands in it, so that it can be put anywhere and has one hash.
type single struct {
	name      string   // of its folder and of the file
	sentences []string // how the keys of those that it says begin
	old       string   // the key of what is read where the page does not come to life
	wasm      bool     // it holds the verification, which the server puts in
}

var singles = []single{
	{name: "board", old: "board.old", sentences: []string{
		"board.", "booth.help", "booth.imprint", "booth.privacy", "booth.retry", "booth.until",
		"poll.result.adopted", "poll.result.no-quorum", "poll.result.rejected",
	}},
	{name: "booth", old: "booth.old", sentences: []string{"booth.", "ballot.answer.", "ballot.replaced", "poll.label."}},
	{name: "recount", old: "board.old", sentences: []string{"ballot.answer.", "board.cast", "board.invalid", "board.limits", "board.limits.are", "board.list.all", "board.old", "board.print.", "booth.from", "booth.imprint", "booth.privacy", "recount."}, wasm: true},
}

// policy is what such a page may do, in itself: where its server sends none. What it talks to is wherever its link says.
const policy = "default-src 'none'; script-src '%s'%s; style-src '%s'; connect-src 'self' https:; img-src data:; " +
	"base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// verification is where the server puts the verification into a page; web/static.go knows the mark.
const verification = `<script type="application/octet-stream" id="wasm">@@VERIFY_WASM_GZ_BASE64@@</script>` + "\n"

// placeholder is what the file of all pages, sheet.html, is filled in at.
var placeholder = regexp.MustCompile(`\{\{([a-z.]+)\}\}`)

// build puts the page together.
func (s single) build(ui string) ([]byte, error) {
	catalogues, err := sentences(filepath.Join(ui, "..", "..", "i18n"), s.sentences)
	if err != nil {
		return nil, err
	}
	words, err := checkWords(filepath.Join(ui, "..", "..", "voting", "words"))
	if err != nil {
		return nil, err
	}
	o := options(ui)
	o.EntryPoints = []string{s.name + "/" + s.name + ".ts", s.name + "/" + s.name + ".css"}
	o.Format = api.FormatESModule
	o.Define = map[string]string{"SENTENCES": asJSON(catalogues), "WORDS": asJSON(words)}
	result := api.Build(o)
	if err := problems(result.Errors); err != nil {
		return nil, err
	}
	values := make(map[string]string)
	for _, f := range result.OutputFiles {
		code := strings.TrimSuffix(string(f.Contents), "\n")
		if strings.Contains(code, "</") {
			return nil, fmt.Errorf("%s holds what could end it early", filepath.Base(f.Path))
		}
		values[map[string]string{".js": "script", ".css": "style"}[filepath.Ext(f.Path)]] = code
	}
	more := ""
	values["verification"] = ""
	if s.wasm {
		more, values["verification"] = " 'wasm-unsafe-eval'", verification
	}
	for _, language := range []string{"de", "en"} {
		for part, key := range map[string]string{"title": s.name + ".title", "old": s.old} {
			text, ok := catalogues[language][key]
			if !ok {
				return nil, fmt.Errorf("there is no %q in %s", key, language)
			}
			values[language+"."+part] = text
		}
	}
	values["policy"] = fmt.Sprintf(policy, sourceHash(values["script"]), more, sourceHash(values["style"]))
	icon, err := os.ReadFile(filepath.Join(ui, "icon.svg"))
	if err != nil {
		return nil, fmt.Errorf("reading icon: %w", err)
	}
	values["icon"] = "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(icon)
	page, err := os.ReadFile(filepath.Join(ui, "sheet", "sheet.html"))
	if err != nil {
		return nil, fmt.Errorf("reading page: %w", err)
	}
	var missing error
	filled := placeholder.ReplaceAllStringFunc(string(page), func(found string) string {
		name := placeholder.FindStringSubmatch(found)[1]
		value, ok := values[name]
		if !ok {
			missing = fmt.Errorf("sheet.html: there is no %q", name)
		}
		return value
	})
	return []byte(filled), missing
}

// sourceHash is how a policy names an inline script or style.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// sentences reads those of every catalogue that a page says.
func sentences(folder string, prefixes []string) (map[string]map[string]string, error) {
	all := make(map[string]map[string]string)
	for _, language := range []string{"de", "de-du", "en"} {
		data, err := os.ReadFile(filepath.Join(folder, language+".json"))
		if err != nil {
			return nil, fmt.Errorf("reading sentences: %w", err)
		}
		var texts map[string]string
		if err := json.Unmarshal(data, &texts); err != nil {
			return nil, fmt.Errorf("reading sentences of %s: %w", language, err)
		}
		maps.DeleteFunc(texts, func(key, _ string) bool {
			return !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		})
		all[language] = texts
	}
	return all, nil
}

// checkWords reads the list of each language.
func checkWords(folder string) (map[string]string, error) {
	lists := make(map[string]string)
	for _, language := range []string{"de", "en"} {
		data, err := os.ReadFile(filepath.Join(folder, language+".txt"))
		if err != nil {
			return nil, fmt.Errorf("reading check words: %w", err)
		}
		lists[language] = strings.Join(strings.Fields(string(data)), " ")
	}
	return lists, nil
}

// asJSON writes texts for a script. Keys come out sorted: the same bytes each time.
func asJSON(v any) string {
	data, _ := json.Marshal(v) // maps of texts always can
	return string(data)
}
