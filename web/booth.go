package web

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"stimmbote/i18n"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// polls knows which elections take ballots, and what is left of those that are over. voting.Polls has it.
type polls interface {
	Takes(ctx context.Context, id voting.ID) (*belenios.Election, error)
	Archive(ctx context.Context, id voting.ID) ([]byte, error)
}

// boxOffice takes ballots and says what a page shows. bot.Bot has it.
type boxOffice interface {
	Sheet(ctx context.Context, id voting.ID) (*voting.Sheet, error)
	CastSealed(ctx context.Context, id voting.ID, ballot []byte) (voting.Receipt, error)
}

// pollName is what the name of a poll looks like.
var pollName = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{14,64}$`)

// booths are the routes of the ballot page. Whoever opens it on another web space asks here as
// well: nothing depends on a cookie or an address, so every page may.
func (s *Server) booths(mux *http.ServeMux) {
	mux.HandleFunc("GET /v/{poll}", s.files.show("booth.html", pollName))
	mux.HandleFunc("GET /v/{poll}/vote.json", s.shared(s.showVote))
	for name, paper := range papers {
		mux.HandleFunc("GET /v/{poll}/"+name, s.shared(func(w http.ResponseWriter, r *http.Request) { s.showPaper(w, r, paper) }))
	}
	mux.HandleFunc("POST /v/{poll}/ballot", s.shared(s.takeBallot))
	mux.HandleFunc("OPTIONS /v/{poll}/{what}", s.shared(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Methods", "GET, POST")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
	}))
}

// shared lets pages of other hosts read an answer.
func (s *Server) shared(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
		w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
		w.Header().Set("X-Robots-Tag", "noindex")
		next(w, r)
	}
}

// papers are the texts of an election, under the names that belenios-tool gives them.
var papers = map[string]func(*voting.Sheet) []byte{
	"election.json":     func(s *voting.Sheet) []byte { return s.Papers.Election },
	"trustees.json":     func(s *voting.Sheet) []byte { return s.Papers.Trustees },
	"public_creds.json": func(s *voting.Sheet) []byte { return s.Papers.Credentials },
}

func (s *Server) showPaper(w http.ResponseWriter, r *http.Request, paper func(*voting.Sheet) []byte) {
	if sheet, ok := s.sheet(w, r); ok {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Write(paper(sheet))
	}
}

// showVote tells the page what is asked and what it takes to seal an answer. The texts of the
// election go as texts, because their bytes are what the fingerprint is about.
func (s *Server) showVote(w http.ResponseWriter, r *http.Request) {
	sheet, ok := s.sheet(w, r)
	if !ok {
		return
	}
	state := "over"
	if sheet.State == voting.StateOpen {
		state = "open"
	}
	answer(w, http.StatusOK, map[string]any{
		"format": 1, "id": sheet.ID, "state": state,
		"election": string(sheet.Papers.Election), "trustees": string(sheet.Papers.Trustees), "credentials": string(sheet.Papers.Credentials),
		"kind": sheet.Asked.Kind, "title": sheet.Asked.Text, "group": sheet.Group, "language": sheet.Language, "familiar": sheet.Familiar,
		"level": sheet.Level, "final": sheet.Terms.NoRevote, "sealed": sheet.Terms.OnlySealed, "rehearsal": sheet.Terms.Rehearsal,
		"ends": instant(sheet.Ends), "cast": sheet.Cast, "entitled": sheet.Entitled, "contact": sheet.Contact,
		"imprint": s.cfg.ImprintURL, "privacy": s.cfg.PrivacyURL,
	})
}

// instant is a time as the pages read it, empty if there is none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// sheet looks up the poll that a request is about, or answers why not.
func (s *Server) sheet(w http.ResponseWriter, r *http.Request) (*voting.Sheet, bool) {
	if !pollName.MatchString(r.PathValue("poll")) {
		s.decline(w, r, &voting.Refusal{Key: "web.ballot.unknown"})
		return nil, false
	}
	sheet, err := s.opt.Box.Sheet(r.Context(), voting.ID(r.PathValue("poll")))
	if err != nil {
		s.decline(w, r, err)
		return nil, false
	}
	return sheet, true
}

// takeBallot takes one sealed ballot. Whoever holds no token of the poll comes as far as the check
// of the signature, which costs little; whoever holds one may try some times a minute. The same
// ballot may come again and again: it is one vote, and the answer is the same.
func (s *Server) takeBallot(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), voting.ID(r.PathValue("poll"))
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "text/plain" && kind != "application/json" {
		s.declineAs(w, r, http.StatusUnsupportedMediaType, "refusal.ballot.malformed")
		return
	}
	if !pollName.MatchString(string(id)) {
		s.declineAs(w, r, http.StatusNotFound, "web.ballot.unknown")
		return
	}
	election, err := s.opt.Polls.Takes(ctx, id)
	if err != nil {
		s.decline(w, r, err)
		return
	}
	ballot, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(election.Longest())))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		s.declineAs(w, r, http.StatusRequestEntityTooLarge, "web.ballot.too-large")
		return
	} else if err != nil { // it broke off, or was slower than anybody is
		s.declineAs(w, r, http.StatusBadRequest, "refusal.ballot.malformed")
		return
	}
	leave, ok := s.gate.enter(ctx)
	if !ok {
		s.declineAs(w, r, http.StatusServiceUnavailable, "web.ballot.busy")
		return
	}
	defer leave()
	credential, err := voting.Signed(election, ballot)
	if err != nil {
		s.decline(w, r, err)
		return
	}
	if !s.gate.may(string(id)+credential, time.Now()) {
		s.declineAs(w, r, http.StatusTooManyRequests, "web.ballot.busy")
		return
	}
	receipt, err := s.opt.Box.CastSealed(ctx, id, ballot)
	if err != nil {
		s.decline(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{
		"tracker": receipt.Tracker, "code": receipt.Code, "words": checkWords(receipt.Tracker),
		"replaced": receipt.Replaced, "again": receipt.Again,
	})
}

// checkWords are the check words of a ballot in every language.
func checkWords(tracker string) map[string][]string {
	words := make(map[string][]string)
	for _, language := range i18n.Languages {
		words[language] = voting.Words(tracker, language)
	}
	return words
}

// statuses of what is refused, by the sentence that says why.
var statuses = map[string]int{
	"refusal.ballot.malformed":      http.StatusBadRequest,
	"refusal.ballot.other-election": http.StatusBadRequest,
	"refusal.ballot.invalid":        http.StatusBadRequest,
	"refusal.ballot.credential":     http.StatusForbidden,
	"refusal.ballot.left":           http.StatusForbidden,
	"web.ballot.unknown":            http.StatusNotFound,
	"refusal.ballot.superseded":     http.StatusConflict,
	"refusal.voted":                 http.StatusConflict,
	"refusal.used":                  http.StatusConflict,
	"refusal.ballot.closed":         http.StatusGone,
}

// decline answers why something is not done.
func (s *Server) decline(w http.ResponseWriter, r *http.Request, err error) {
	why, known := errors.AsType[*voting.Refusal](err)
	switch {
	case errors.Is(err, voting.ErrUnknown):
		s.declineAs(w, r, http.StatusNotFound, "web.ballot.unknown")
	case errors.Is(err, voting.ErrNotOpen):
		s.declineAs(w, r, http.StatusGone, "refusal.ballot.closed")
	case known && statuses[why.Key] != 0:
		s.declineAs(w, r, statuses[why.Key], why.Key)
	default:
		if r.Context().Err() == nil {
			s.log.Err(err).Msg("Answering about a vote went wrong")
		}
		s.declineAs(w, r, http.StatusInternalServerError, "web.ballot.internal")
	}
}

// declineAs answers with a sentence and the last part of its name, which programs go by.
func (s *Server) declineAs(w http.ResponseWriter, r *http.Request, status int, key string) {
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests || status == http.StatusInternalServerError {
		w.Header().Set("Retry-After", "5")
	}
	answer(w, status, map[string]any{"error": s.textsFor(r).Text(key), "code": lastPart(key)})
}

// textsFor are the sentences in the language that a browser prefers among ours.
func (s *Server) textsFor(r *http.Request) *i18n.Texts {
	for wish := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		language, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(wish)), ";")
		language, _, _ = strings.Cut(language, "-")
		if texts, ok := s.texts[language]; ok {
			return texts
		}
	}
	return s.opt.Texts
}

// loadTexts are the catalogues of all languages, addressing people as texts does.
func loadTexts(texts *i18n.Texts) map[string]*i18n.Texts {
	all := make(map[string]*i18n.Texts)
	for _, language := range i18n.Languages {
		if other, err := texts.In(language); err == nil {
			all[language] = other
		}
	}
	return all
}

// lastPart is what stands behind the last dot.
func lastPart(key string) string { return key[strings.LastIndexByte(key, '.')+1:] }
