package i18n

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestNoSentenceStandsInTheCode looks for sentences that people would read in one language only:
// in the Go files of bot and web, between the tags of the pages, and in their programs.
func TestNoSentenceStandsInTheCode(t *testing.T) {
	seen := 0
	for _, folder := range []string{"../bot", "../web"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == "dist" || d.Name() == "vendor"):
				return fs.SkipDir
			case strings.HasSuffix(path, "_test.go"), path == "../web/ui/main.go", path == "../web/ui/single.go": // these two build the pages
				return nil
			case strings.HasSuffix(path, ".go"):
				seen++
				for _, s := range sentencesInGo(t, path) {
					t.Errorf("%s: %s", path, s)
				}
			case strings.HasSuffix(path, ".ts"):
				seen++
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				for _, s := range sentenceInScript.FindAllString(string(data), -1) {
					t.Errorf("%s: %s", path, s)
				}
			case strings.HasSuffix(path, ".html"):
				seen++
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				for _, s := range sentencesInHTML(string(data)) {
					t.Errorf("%s: %q", path, s)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 20 {
		t.Errorf("only %d files", seen)
	}
}

// words is what a sentence has and a name has not: two words with a space between.
var words = regexp.MustCompile(`\pL{2,} \pL{2,}`)

// sentenceInScript is a literal of a page's program that reads like a sentence.
var sentenceInScript = regexp.MustCompile("[\"'`]\\p{Lu}\\pL* \\pL{2,}[^\"'`\\n]*[\"'`]")

// forPeopleWhoRunIt are the functions whose texts are for logs and errors, not for members.
var forPeopleWhoRunIt = []string{"Errorf", "New", "Msg", "panic", "Sprintf"}

// sentencesInGo are the literals of a file that read like sentences, with their lines.
func sentencesInGo(t *testing.T, path string) []string {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.Field: // tags
			_, isField := n.(*ast.Field)
			return isField && n.(*ast.Field).Tag == nil
		case *ast.CallExpr:
			return !slices.Contains(forPeopleWhoRunIt, called(n))
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind == token.STRING && err == nil && words.MatchString(text) && !isList(text) && !isHeader(text) {
				found = append(found, strconv.Itoa(files.Position(n.Pos()).Line)+": "+n.Value)
			}
		}
		return true
	})
	return found
}

// called is the name of the function that is called.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// isList says whether a text is names with spaces between, as for strings.Fields: only small
// letters, and each a name.
func isList(text string) bool {
	return !strings.ContainsAny(text, ".,:;?!") && strings.ToLower(text) == text
}

// isHeader says whether a text is a rule for browsers.
func isHeader(text string) bool {
	return strings.Contains(text, "'self'") || strings.Contains(text, "'none'") || strings.Contains(text, "'script'")
}

// sentencesInHTML are the texts between the tags of a page that no template fills in.
func sentencesInHTML(page string) []string {
	page = regexp.MustCompile(`(?s)<!--.*?-->|<script.*?</script>|<style.*?</style>|\{\{.*?\}\}`).ReplaceAllString(page, "")
	var found []string
	for _, text := range regexp.MustCompile(`>([^<]*)<`).FindAllStringSubmatch(page, -1) {
		if words.MatchString(text[1]) {
			found = append(found, strings.TrimSpace(text[1]))
		}
	}
	for _, text := range regexp.MustCompile(`(?:alt|title|placeholder|aria-label)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if words.MatchString(text[1]) {
			found = append(found, text[1])
		}
	}
	return found
}

func TestSentencesAreFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.go")
	source := "package a\n\nimport \"fmt\"\n\nvar (\n\ta = \"Please vote now.\"\n\tb = fmt.Errorf(\"opening the door: %w\", nil)\n\tc = say(\"Not counted here\")\n\td = \"call.card\"\n\te = named(\"vote poll\")\n)\n"
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := sentencesInGo(t, path); len(got) != 2 || !strings.HasPrefix(got[0], "6: ") || !strings.HasPrefix(got[1], "8: ") {
		t.Errorf("found %q", got)
	}
	if got := sentenceInScript.FindAllString("f(\"Please wait now\"); g('a b', `Kein Weg`, 'max-width: 3px')", -1); len(got) != 2 {
		t.Errorf("found %q", got)
	}
	if got := sentencesInHTML(`<p>{{text "x"}}</p><h1 title="Good evening">Hello there</h1>`); len(got) != 2 {
		t.Errorf("found %q", got)
	}
}
