package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"stimmbote/voting/belenios"
)

const (
	mostAnswered = 64 << 20 // bytes of an answer: a large roll has many credentials
	tries        = 4
	firstPause   = 2 * time.Second
)

// What the command says when it does not go on. Each has a sentence of its own.
var (
	errLink        = errors.New("cast.error.link")        // it is no link of a ballot
	errFingerprint = errors.New("cast.error.fingerprint") // the election is not the one of the link
	errElection    = errors.New("cast.error.election")    // the election is not in order
	errToken       = errors.New("cast.error.token")       // the token is of nobody entitled
	errOver        = errors.New("cast.error.over")
	errTracker     = errors.New("cast.error.tracker") // the bot names another ballot than was sent
	errUnreachable = errors.New("cast.error.unreachable")
	errNotSent     = errors.New("cast.error.not-sent")
)

// ballotLink is what stands in the link of a ballot.
type ballotLink struct {
	base               string // where the bot answers about this vote
	id                 string
	token, fingerprint string
}

// readLink takes a link apart. What stands behind its # is never sent.
func readLink(text string) (ballotLink, error) {
	page, secret, _ := strings.Cut(strings.TrimSpace(text), "#")
	parts := strings.SplitN(secret, ".", 3)
	if len(parts) < 2 {
		return ballotLink{}, errLink
	}
	l := ballotLink{base: page, token: parts[0], fingerprint: parts[1]}
	if len(parts) == 3 {
		l.base = parts[2]
	}
	u, err := url.Parse(l.base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return ballotLink{}, errLink
	}
	_, l.id, _ = strings.Cut(u.Path, "/v/")
	if l.id == "" || strings.Contains(l.id, "/") || len(l.fingerprint) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return ballotLink{}, errLink
	}
	return l, nil
}

// askedVote is what the bot says about a vote.
type askedVote struct {
	Election, Trustees, Credentials, State, Title, Group string
	Level, Language                                      string
	Final, Familiar                                      bool
}

// caster talks to the bot that a link leads to.
type caster struct {
	link   ballotLink
	client *http.Client
	pause  time.Duration // before the second try
}

// look fetches the vote and checks what can be checked before anything is sealed: that the election
// is the one that the link names, that its key is its trustees', and that the token is of somebody
// entitled.
func (c caster) look(ctx context.Context) (*askedVote, *belenios.Election, error) {
	status, body, err := c.ask(ctx, http.MethodGet, "/vote.json", nil)
	if err != nil {
		return nil, nil, err
	}
	if status != http.StatusOK {
		return nil, nil, refusedWith(status, body)
	}
	var v askedVote
	if err := json.Unmarshal(body, &v); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	sum := sha256.Sum256([]byte(v.Election))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != c.link.fingerprint {
		return nil, nil, errFingerprint
	}
	e, err := belenios.Open(belenios.Setup{Election: []byte(v.Election), Trustees: []byte(v.Trustees), Credentials: []byte(v.Credentials)})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errElection, err)
	}
	if e.UUID() != c.link.id {
		return nil, nil, errFingerprint
	}
	credential, err := belenios.PublicCredential(e.Group(), e.UUID(), c.link.token)
	if err != nil || !listed(v.Credentials, credential) {
		return nil, nil, errToken
	}
	if v.State != "open" {
		return nil, nil, errOver
	}
	return &v, e, nil
}

// listed says whether a credential is in the text of a list of them.
func listed(text, credential string) bool {
	var all []string
	err := json.Unmarshal([]byte(text), &all)
	return err == nil && slices.ContainsFunc(all, func(one string) bool {
		one, _, _ = strings.Cut(one, ",") // its weight
		return one == credential
	})
}

// castReceipt is what counts of what the bot says about a ballot that it took; words and code are computed here.
type castReceipt struct {
	Tracker  string
	Replaced bool
}

// send hands the ballot in. It may be sent several times: the same one is one vote.
func (c caster) send(ctx context.Context, ballot []byte) (*castReceipt, error) {
	status, body, err := c.ask(ctx, http.MethodPost, "/ballot", ballot)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, refusedWith(status, body)
	}
	var r castReceipt
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if r.Tracker != belenios.Tracker(ballot) {
		return nil, errTracker
	}
	return &r, nil
}

// refused is the bot's own sentence about why not.
type refused struct{ sentence string }

func (r refused) Error() string { return r.sentence }

func refusedWith(status int, body []byte) error {
	var said struct{ Error string }
	if err := json.Unmarshal(body, &said); err != nil || said.Error == "" {
		return fmt.Errorf("%w: status %d", errUnreachable, status)
	}
	return refused{said.Error}
}

// ask asks until there is an answer that will stay the same, or patience is at its end.
func (c caster) ask(ctx context.Context, method, path string, content []byte) (status int, body []byte, err error) {
	pause := c.pause
	for try := range tries {
		if try > 0 {
			select {
			case <-time.After(pause):
				pause *= 2
			case <-ctx.Done():
				return 0, nil, fmt.Errorf("%w: %w", errUnreachable, ctx.Err())
			}
		}
		status, body, err = c.once(ctx, method, path, content)
		if err == nil && status != http.StatusTooManyRequests && status < 500 {
			return status, body, nil
		}
		if err == nil {
			err = fmt.Errorf("status %d", status)
		}
	}
	return 0, nil, fmt.Errorf("%w: %w", errUnreachable, err)
}

func (c caster) once(ctx context.Context, method, path string, content []byte) (int, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, c.link.base+path, bytes.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	if content != nil {
		r.Header.Set("Content-Type", "text/plain")
	}
	answer, err := c.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, mostAnswered))
	return answer.StatusCode, body, err
}
