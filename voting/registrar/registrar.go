// Package registrar knows who may vote and who was given which token.
//
// It guarantees that the tokens of a poll are kept in one sealed piece only, made once and
// never changed, so that neither its place, its size nor the time of a change says anything
// about one person. It never sees a ballot, and nothing of it is shared with the ballot box
// but the public credentials, handed over sorted by themselves.
package registrar

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"stimmbote/voting/belenios"
)

// ErrNoToken tells that a member was given no token, or that it is forgotten.
var ErrNoToken = errors.New("no token for this member")

// label binds the sealed piece to its use.
const label = "tokens"

// Ledger is what the registrar needs to remember.
type Ledger interface {
	PutRoll(ctx context.Context, poll string, members []string) error
	Roll(ctx context.Context, poll string) ([]string, error) // sorted by bytes
	PutTokens(ctx context.Context, poll string, sealed []byte) error
	Tokens(ctx context.Context, poll string) ([]byte, error) // nil if there are none
	DropRoll(ctx context.Context, poll string) error         // the tokens too
}

// Sealer seals under the key of one poll.
type Sealer interface {
	Seal(key, label string, plain []byte) ([]byte, error)
	Open(key, label string, sealed []byte) ([]byte, error)
}

// Registrar keeps the rolls of all polls.
type Registrar struct {
	ledger Ledger
	sealer Sealer
}

// New is a registrar that remembers in l and seals with s.
func New(l Ledger, s Sealer) *Registrar { return &Registrar{ledger: l, sealer: s} }

// Tokens says who gets which token. It is a secret.
type Tokens map[string]string

// Sorted is a roll as it is kept and hashed: by bytes, nobody twice.
func Sorted(members []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(members)))
}

// Draw makes a token for each member, and the public credentials that stand for them, sorted
// by themselves: their order says nothing about the roll's.
func Draw(rand io.Reader, group, uuid string, members []string) (Tokens, []string, error) {
	tokens := make(Tokens, len(members))
	credentials := make([]string, 0, len(members))
	for _, m := range members {
		token, err := belenios.NewCredential(rand)
		if err != nil {
			return nil, nil, fmt.Errorf("drawing a token: %w", err)
		}
		credential, err := belenios.PublicCredential(group, uuid, token)
		if err != nil {
			return nil, nil, fmt.Errorf("deriving a credential: %w", err)
		}
		tokens[m] = token
		credentials = append(credentials, credential)
	}
	slices.Sort(credentials)
	return tokens, credentials, nil
}

// Enter writes down who may vote.
func (r *Registrar) Enter(ctx context.Context, poll string, members []string) error {
	return r.ledger.PutRoll(ctx, poll, Sorted(members))
}

// Roll is who may vote, sorted by bytes.
func (r *Registrar) Roll(ctx context.Context, poll string) ([]string, error) {
	return r.ledger.Roll(ctx, poll)
}

// Issue keeps the tokens of a poll, sealed under key.
func (r *Registrar) Issue(ctx context.Context, poll, key string, tokens Tokens) error {
	plain, err := json.Marshal(tokens)
	if err != nil {
		return fmt.Errorf("writing the tokens: %w", err)
	}
	defer clear(plain)
	sealed, err := r.sealer.Seal(key, label, plain)
	if err != nil {
		return fmt.Errorf("sealing the tokens: %w", err)
	}
	return r.ledger.PutTokens(ctx, poll, sealed)
}

// Tokens says who was given which token, until it is forgotten.
func (r *Registrar) Tokens(ctx context.Context, poll, key string) (Tokens, error) {
	sealed, err := r.ledger.Tokens(ctx, poll)
	if err != nil {
		return nil, err
	}
	if sealed == nil {
		return nil, ErrNoToken
	}
	plain, err := r.sealer.Open(key, label, sealed)
	if err != nil {
		return nil, fmt.Errorf("opening the tokens: %w", err)
	}
	defer clear(plain)
	var tokens Tokens
	if err := json.Unmarshal(plain, &tokens); err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	return tokens, nil
}

// Token is the token that member was given.
func (r *Registrar) Token(ctx context.Context, poll, key, member string) (string, error) {
	tokens, err := r.Tokens(ctx, poll, key)
	if err != nil {
		return "", err
	}
	token, ok := tokens[member]
	if !ok {
		return "", ErrNoToken
	}
	return token, nil
}

// Forget deletes the roll of a poll, and who was given which token.
func (r *Registrar) Forget(ctx context.Context, poll string) error {
	return r.ledger.DropRoll(ctx, poll)
}
