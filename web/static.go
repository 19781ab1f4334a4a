package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// static is one file that is a whole page: nothing is filled in, so that its hash is everybody's.
type static struct {
	asset
	policy string
}

// statics are such pages by name, each packed when it is asked for first: the one for rechecking takes megabytes, and
// most programs never show it.
type statics map[string]func() static

// verification is what `stimmbote verify` does, for browsers: package voting/belenios/wasm builds it.
//
//go:embed wasm/verify.wasm.gz
var verification []byte

// verificationHere is what stands in the page for rechecking where the verification belongs. It is
// put in here, so that it is kept once only.
const verificationHere = "@@VERIFY_WASM_GZ_BASE64@@"

// wholePages are the files that there may be, each with what else than its own scripts it needs.
var wholePages = map[string]string{"booth.html": "", "board.html": "", "recount.html": " 'wasm-unsafe-eval'"}

// BoothHash is the SHA-256 of the ballot page in hexadecimal, empty if this program has none.
var BoothHash = sync.OnceValue(func() string {
	if page := Booth(); page != nil {
		return Sum(page)
	}
	return ""
})

// Sum is the SHA-256 of a page in hexadecimal, as it is announced.
func Sum(page []byte) string {
	sum := sha256.Sum256(page)
	return hex.EncodeToString(sum[:])
}

// Booth is the ballot page, byte for byte as it is served; nil if this program has none.
func Booth() []byte {
	page, _ := wholePage("booth.html")
	return page
}

// Recount is the page that rechecks an archive without the bot and without a network; nil if this
// program has none.
func Recount() []byte {
	page, _ := wholePage("recount.html")
	return page
}

// wholePage is a page with all that belongs into it.
func wholePage(name string) ([]byte, error) {
	page, err := dist.ReadFile("dist/" + name)
	if err != nil {
		return nil, err
	}
	before, after, found := bytes.Cut(page, []byte(verificationHere))
	if !found {
		return page, nil
	}
	return slices.Concat(before, []byte(base64.StdEncoding.EncodeToString(verification)), after), nil
}

// HasBoard says whether this program has a page with what came out of polls.
func HasBoard() bool {
	_, err := fs.Stat(dist, "dist/board.html")
	return err == nil
}

func loadStatics() statics { return maps.Clone(packedPages()) }

// packedPages are all there are, each packed once whatever number of servers shows it.
var packedPages = sync.OnceValue(func() statics {
	all := make(statics)
	for name, more := range wholePages {
		if _, err := fs.Stat(dist, "dist/"+name); err != nil {
			continue
		}
		all[name] = sync.OnceValue(func() static {
			data, err := wholePage(name)
			if err != nil {
				panic(fmt.Sprintf("reading embedded %s: %v", name, err))
			}
			return newStatic(data, more)
		})
	}
	return all
})

var (
	scripts = regexp.MustCompile(`(?s)<script(?: type="?module"?)?>(.*?)</script>`)
	styles  = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
)

// newStatic allows a page exactly the scripts and styles that are in it. It may ask other hosts,
// because the bot whose vote it is about can be one.
func newStatic(data []byte, more string) static {
	policy := "default-src 'none'; script-src" + hashes(scripts, data) + more + "; style-src" + hashes(styles, data) +
		"; connect-src 'self' https:; img-src data:; base-uri 'none'; form-action 'none'; " +
		"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
	return static{asset: newAsset("page.html", data), policy: policy}
}

// hashes are the sources of what is between the tags.
func hashes(tags *regexp.Regexp, data []byte) string {
	var all strings.Builder
	for _, inside := range tags.FindAllSubmatch(data, -1) {
		sum := sha256.Sum256(inside[1])
		all.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	if all.Len() == 0 {
		return " 'none'"
	}
	return all.String()
}

// show answers with a page whatever it is asked about, as long as that looks like a name: so that
// it tells nothing about one.
func (f statics) show(name string, about *regexp.Regexp) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		pack, ok := f[name]
		if !ok || about != nil && !about.MatchString(r.PathValue("poll")) {
			http.NotFound(w, r)
			return
		}
		page, h := pack(), w.Header()
		h.Set("Content-Security-Policy", page.policy)
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), payment=()")
		h.Set("X-Robots-Tag", "noindex")
		page.send(w, r)
	}
}
