package web

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

const (
	maxName   = 60      // characters of a name that others see
	maxBody   = 4 << 10 // bytes of a request
	joinToken = 2 * time.Minute
)

//go:embed pages/*.html
var pages embed.FS

// callName is what a call's name in a link looks like.
var callName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// page is the call page: the same bytes for every name, so that it tells nothing about one.
type page struct {
	html []byte
}

// newPage fills the page with the sentences of its language and the addresses of its files.
func newPage(texts *i18n.Texts, files *assets, cfg Config) *page {
	sentences := texts.Prefix("page.")
	t := template.Must(template.New("").Funcs(template.FuncMap{
		"text": func(key string) string { return texts.Text("page." + key) },
		"file": func(name string) string { return files.url(name) },
	}).ParseFS(pages, "pages/*.html"))
	var html bytes.Buffer
	err := t.ExecuteTemplate(&html, "call.html", map[string]any{
		"Language": texts.Language(), "Sentences": asJSON(sentences), "MaxName": maxName, "Imprint": cfg.ImprintURL, "Privacy": cfg.PrivacyURL,
	})
	if err != nil {
		panic(fmt.Sprintf("filling embedded call.html: %v", err))
	}
	return &page{html: html.Bytes()}
}

func asJSON(v map[string]string) string {
	data, _ := json.Marshal(v) // a map of strings always can
	return string(data)
}

// newPages are the pages in all languages.
func newPages(texts map[string]*i18n.Texts, files *assets, cfg Config) map[string]*page {
	all := make(map[string]*page)
	for language, t := range texts {
		all[language] = newPage(t, files, cfg)
	}
	return all
}

// showCall answers with the page, whether or not there is such a call, in the language that was chosen on it, else in
// that of the browser.
func (s *Server) showCall(w http.ResponseWriter, r *http.Request) {
	if !callName.MatchString(r.PathValue("name")) {
		http.NotFound(w, r)
		return
	}
	chosen, ok := s.pages[r.URL.Query().Get("lang")]
	if !ok {
		chosen = s.pages[s.textsFor(r).Language()]
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language")
	w.Write(chosen.html)
}

// request is what the page sends: the door value that it made from the key, who is there, and what they want.
type request struct {
	Door     string `json:"door"`
	Name     string `json:"name"`
	Badge    string `json:"badge"`    // of a member
	Ticket   string `json:"ticket"`   // of one who waits
	Identity string `json:"identity"` // of one who is in, with the pass for it
	Pass     string `json:"pass"`
	Do       string `json:"do"`
	Who      string `json:"who"`
}

// look tells whoever has the key whose call it is and who is in, and to a member under which name they come in. With the
// answer comes a token for a room of nobody else, to try whether the network lets a call through.
func (s *Server) look(w http.ResponseWriter, r *http.Request) {
	call, req, ok := s.opened(w, r)
	if !ok {
		return
	}
	people := []string{}
	for _, p := range s.opt.Media.Present(call.MediaRoom()) {
		people = append(people, p.Name)
	}
	you, unsure := "", false
	if req.Badge != "" && s.opt.Group != nil {
		who, err := s.opt.Group.Badge(r.Context(), *call, req.Badge)
		if err != nil {
			s.log.Warn().Err(err).Msg("Whether somebody is a member is not known")
		}
		you, unsure = who.Name, err != nil
	}
	check, err := s.opt.Media.Token(media.NewCheckRoom(), media.Bearer{Badge: media.Guest}.NewIdentity(), "", joinToken)
	if err != nil {
		s.broken(w, fmt.Errorf("making a token for a check: %w", err))
		return
	}
	answer(w, http.StatusOK, map[string]any{"title": call.Title, "people": people, "you": you, "unsure": unsure, "locked": call.Locked, "check": check})
}

// opened reads a request and opens the door for it, or answers why not. An unknown name and
// a wrong door value are told apart by nothing: answer and work are the same.
func (s *Server) opened(w http.ResponseWriter, r *http.Request) (*store.Call, request, bool) {
	req, status := readRequest(w, r)
	if status != http.StatusOK {
		s.refuse(w, status, "page.error.request")
		return nil, req, false
	}
	call, err := s.called(r.Context(), r.PathValue("name"))
	if err != nil {
		s.log.Err(err).Msg("Looking up a call went wrong")
		s.refuse(w, http.StatusInternalServerError, "page.error.internal")
		return nil, req, false
	}
	known := call != nil
	if !known {
		call = &store.Call{Door: make([]byte, 32)} // no door value is known to hash to zeros
	}
	if opens := media.DoorOpens(call.Door, req.Door); !opens || !known {
		s.refuse(w, http.StatusForbidden, "page.error.link")
		return nil, req, false
	}
	return call, req, true
}

func (s *Server) called(ctx context.Context, name string) (*store.Call, error) {
	if !callName.MatchString(name) {
		return nil, nil
	}
	return s.opt.Calls.CallByName(ctx, name)
}

// readRequest reads one small JSON object and nothing else.
func readRequest(w http.ResponseWriter, r *http.Request) (req request, status int) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return req, http.StatusUnsupportedMediaType
	}
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	dec.DisallowUnknownFields()
	err := dec.Decode(&req)
	if err == nil {
		_, err = dec.Token() // there must be none
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return req, http.StatusRequestEntityTooLarge
	}
	if err != io.EOF {
		return req, http.StatusBadRequest
	}
	return req, http.StatusOK
}

// refuse answers with a sentence of the catalogue.
func (s *Server) refuse(w http.ResponseWriter, status int, key string) {
	answer(w, status, map[string]any{"error": s.opt.Texts.Text(key), "key": strings.TrimPrefix(key, "page.")})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body) // whoever went away needs no answer
}
