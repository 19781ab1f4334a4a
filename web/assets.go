package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:generate go run ./ui

// dist holds what ui builds from its sources.
//
//go:embed dist
var dist embed.FS

// kinds are spelt out, because a machine's own list may say otherwise.
var kinds = map[string]string{
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
	".html": "text/html; charset=utf-8",
}

// asset is one built file, ready to send.
type asset struct {
	kind    string
	version string // from its content: a new one is a new address
	plain   []byte
	zipped  []byte
}

// assets are the built files by name.
type assets struct {
	files map[string]asset
}

// loadAssets packs the embedded files, once whatever number of servers shows them, so that a phone loads a quarter of them.
var loadAssets = sync.OnceValue(func() *assets {
	a := &assets{files: make(map[string]asset)}
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic(fmt.Sprintf("reading embedded dist: %v", err))
	}
	for _, e := range entries {
		data, err := fs.ReadFile(dist, path.Join("dist", e.Name()))
		if err != nil {
			panic(fmt.Sprintf("reading embedded %s: %v", e.Name(), err))
		}
		a.files[e.Name()] = newAsset(e.Name(), data)
	}
	return a
})

func newAsset(name string, data []byte) asset {
	sum := sha256.Sum256(data)
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is one of gzip's own
	z.Write(data)                                              // a buffer takes everything
	z.Close()
	return asset{
		kind:    kinds[path.Ext(name)],
		version: hex.EncodeToString(sum[:6]),
		plain:   data,
		zipped:  zipped.Bytes(),
	}
}

// url is the address of a file, which changes with its content.
func (a *assets) url(name string) string {
	return "/dist/" + name + "?v=" + a.files[name].version
}

// serve answers with one file. Under its full address it may be kept for good.
func (a *assets) serve(w http.ResponseWriter, r *http.Request) {
	file, ok := a.files[r.PathValue("file")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == file.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	file.send(w, r)
}

// send answers with the file, packed if the browser can unpack it.
func (file asset) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = file.zipped
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	w.Write(body)
}
