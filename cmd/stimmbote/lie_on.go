//go:build hostiletest

package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

func init() { otherVariables = append(otherVariables, "STIMMBOTE_LIE") }

// liar is a bot that says something else to the tellers' machines than what is: which, STIMMBOTE_LIE names.
type liar struct {
	chat.Handler
	lie string
}

func lying(h chat.Handler) chat.Handler { return &liar{h, os.Getenv("STIMMBOTE_LIE")} }

// lies are what is changed in the records of a kind.
var lies = map[string]struct {
	kind   parley.Kind
	change func(r *parley.Record) error
}{
	"question": {parley.Asked, func(r *parley.Record) error {
		r.Question.Asked.Text += "?"
		return nil
	}},
	"key": {parley.Election, func(r *parley.Record) error {
		key, err := belenios.NewKey(rand.Reader, belenios.Group2048)
		if err != nil {
			return err
		}
		public, err := key.Public(rand.Reader)
		if err != nil {
			return err
		}
		return forge(r.Setup, func(trustees []belenios.Trustee, credentials []string) ([]belenios.Trustee, []string) {
			trustees[1] = belenios.Single(public)
			return trustees, credentials
		})
	}},
	"credentials": {parley.Election, func(r *parley.Record) error {
		election, err := openSetup(r.Setup)
		if err != nil {
			return err
		}
		token, err := belenios.NewCredential(rand.Reader)
		if err != nil {
			return err
		}
		one, err := belenios.PublicCredential(election.Group(), election.UUID(), token)
		if err != nil {
			return err
		}
		return forge(r.Setup, func(trustees []belenios.Trustee, credentials []string) ([]belenios.Trustee, []string) {
			return trustees, append(credentials, one)
		})
	}},
	"voters": {parley.Closed, func(r *parley.Record) error {
		r.Voted = r.Voted[1:]
		return nil
	}},
	"one": {parley.Closed, func(r *parley.Record) error {
		contents, err := belenios.Read(bytes.NewReader(r.Archive), int64(len(r.Archive)))
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := contents.Election.WriteArchive(&b, time.Now(), contents.Ballots[:1], nil); err != nil {
			return err
		}
		r.Archive, r.Voted = b.Bytes(), r.Voted[:1]
		r.ClosedHash, err = contents.Election.ClosedHash(contents.Ballots[:1])
		return err
	}},
	"share": {parley.Share, func(r *parley.Record) error {
		r.Body = strings.Replace(r.Body, `"challenge":"1`, `"challenge":"2`, 1) + " "
		return nil
	}},
}

// Compose changes a record on its way out.
func (l *liar) Compose(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	c, err := l.Handler.Compose(ctx, d)
	if err != nil || c.Record == nil {
		return c, err
	}
	r, err := parley.Decode(c.Record)
	if err == nil && r.Split {
		r, err = parley.Join(r, c.File.Data)
	}
	if err != nil || r.Kind != lies[l.lie].kind {
		return c, err
	}
	if err := lies[l.lie].change(&r); err != nil {
		return c, fmt.Errorf("lying: %w", err)
	}
	file := []byte(nil)
	if c.Record, file, err = parley.Encode(r); err == nil && file != nil {
		c.File = &chat.File{Name: "record.json", Type: "application/json", Data: file}
	}
	return c, err
}

func openSetup(s *parley.Setup) (*belenios.Election, error) {
	return belenios.Open(belenios.Setup{Election: []byte(s.Election), Trustees: []byte(s.Trustees), Credentials: []byte(s.Credentials)})
}

// forge builds an election again, with other keys or credentials.
func forge(s *parley.Setup, change func(trustees []belenios.Trustee, credentials []string) ([]belenios.Trustee, []string)) error {
	e, err := openSetup(s)
	if err != nil {
		return err
	}
	var keys [][2]json.RawMessage // each behind its kind
	if err := json.Unmarshal([]byte(s.Trustees), &keys); err != nil {
		return err
	}
	var trustees []belenios.Trustee
	for _, key := range keys {
		trustees = append(trustees, belenios.Single(key[1]))
	}
	trustees, credentials := change(trustees, e.Credentials())
	made, err := belenios.NewSetup(belenios.Parameters{
		UUID: e.UUID(), Group: e.Group(), Name: e.Questions()[0].Text, Questions: e.Questions(),
		Administrator: "Stimmbote", CredentialAuthority: e.CredentialAuthority(),
	}, trustees, credentials)
	s.Election, s.Trustees, s.Credentials = string(made.Election), string(made.Trustees), string(made.Credentials)
	return err
}
