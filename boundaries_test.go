package stimmbote

import (
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

// boundary is what one package may import besides the standard library.
type boundary struct {
	ours   []string // packages of this module, "x/..." for x and all below it
	others []string // prefixes of other modules' import paths
	not    []string // standard library: refused, with all below it
}

// pure is what the mathematics and the rules of voting never touch.
var pure = []string{"net", "os", "log", "database"}

// boundaries is the architecture: imports run one way, and only cmd joins things.
var boundaries = map[string]boundary{
	".":                    {},
	"i18n":                 {},
	"voting/belenios":      {others: []string{"filippo.io/bigmod", "filippo.io/edwards25519"}, not: pure},
	"voting/belenios/wasm": {ours: []string{"voting/verify"}},
	"voting/registrar":     {ours: []string{"voting/belenios"}, not: pure},
	"voting/box":           {ours: []string{"voting/belenios"}, not: pure},
	"voting/words":         {not: pure},
	"voting/verify":        {ours: []string{"voting/belenios"}, not: []string{"net", "log", "database"}},
	"voting/parley":        {ours: []string{"voting"}, not: pure},
	"keyholder/policy":     {ours: []string{"voting", "voting/belenios", "voting/parley"}, not: pure},
	"voting":               {ours: []string{"voting/..."}, not: pure},
	"media/forward":        {others: []string{"github.com/pion/"}},
	"media/allot":          {not: pure},
	"media/bounded":        {},
	"media/front":          {ours: []string{"media/bounded"}},
	"media/relay":          {others: []string{"github.com/pion/"}},
	"media/signal": {others: []string{
		"github.com/livekit/protocol/", "google.golang.org/protobuf/", "github.com/coder/websocket", "github.com/rs/zerolog",
	}},
	"media": {
		ours:   []string{"media/..."},
		others: []string{"github.com/pion/", "github.com/livekit/protocol/", "google.golang.org/protobuf/", "github.com/rs/zerolog"},
	},
	"store": {
		ours:   []string{"voting", "voting/registrar", "voting/box"},
		others: []string{"github.com/mattn/go-sqlite3", "go.mau.fi/util/dbutil", "github.com/rs/zerolog"},
	},
	"chat": {
		ours:   []string{"i18n", "store"},
		others: []string{"maunium.net/go/mautrix", "go.mau.fi/util/", "github.com/rs/zerolog"},
	},
	"bot": {
		ours:   []string{"bot/answer", "chat", "i18n", "media", "store", "voting", "voting/parley"},
		others: []string{"github.com/rs/zerolog"},
	},
	"keyholder": {
		ours:   []string{"chat", "i18n", "keyholder/...", "store", "voting", "voting/..."},
		others: []string{"github.com/rs/zerolog"},
	},
	"bot/answer": {ours: []string{"voting"}, not: pure},
	"web": {
		ours:   []string{"i18n", "media", "media/bounded", "store", "voting", "voting/belenios"},
		others: []string{"github.com/rs/zerolog"},
	},
	"web/ui":        {others: []string{"github.com/evanw/esbuild/"}},
	"cmd/verify":    {ours: []string{"voting/..."}},
	"cmd/stimmbote": {ours: []string{"..."}, others: []string{""}},
	"bench/...":     {ours: []string{"..."}, others: []string{"golang.org/x/sync/errgroup", "maunium.net/go/mautrix"}},
	"e2e/...":       {ours: []string{"..."}, others: []string{""}},
}

func TestBoundaries(t *testing.T) {
	module, seen := "stimmbote", 0
	for line := range strings.Lines(goList(t, "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", "./...")) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		name = strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
		allowed, ok := find(name)
		if !ok {
			t.Errorf("package %q has no line in the table of boundaries_test.go", name)
			continue
		}
		for imported := range strings.FieldsSeq(imports) {
			seen++
			if reason := refused(module, allowed, imported); reason != "" {
				t.Errorf("%s imports %s: %s", name, imported, reason)
			}
		}
	}
	if seen == 0 {
		t.Fatal("go list named no import at all")
	}
}

// TestMathematicsRunsInABrowser builds voting/belenios for WebAssembly.
func TestMathematicsRunsInABrowser(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "vet", "./voting/belenios")
	cmd.Env = append(cmd.Environ(), "GOOS=js", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet for js/wasm: %v\n%s", err, out)
	}
}

func find(name string) (boundary, bool) {
	if name == "" {
		name = "."
	}
	if b, ok := boundaries[name]; ok {
		return b, true
	}
	for dir := name; dir != "."; dir = path.Dir(dir) {
		if b, ok := boundaries[dir+"/..."]; ok {
			return b, true
		}
	}
	return boundary{}, false
}

// refused gives the reason why a package may not import another; "" if it may.
func refused(module string, b boundary, imported string) string {
	if short, ok := strings.CutPrefix(imported, module+"/"); ok {
		for _, ours := range b.ours {
			if below, ok := strings.CutSuffix(ours, "..."); (ok && strings.HasPrefix(short+"/", below)) || short == ours {
				return ""
			}
		}
		return "not one of the packages that it may know"
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		if slices.ContainsFunc(b.not, func(n string) bool { return imported == n || strings.HasPrefix(imported, n+"/") }) {
			return "it has to stay pure"
		}
		return ""
	}
	for _, prefix := range b.others {
		if strings.HasPrefix(imported+"/", prefix) {
			return ""
		}
	}
	return "not one of the libraries that it may know"
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return string(out)
}
