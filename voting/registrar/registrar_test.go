package registrar

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"

	"stimmbote/voting/belenios"
)

const uuid = "ZFVjR4vdaD787z"

func TestDraw(t *testing.T) {
	members := []string{"@a:x", "@b:x", "@c:x", "@d:x", "@e:x", "@f:x"}
	tokens, credentials, err := Draw(rand.Reader, belenios.Group2048, uuid, members)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(credentials) || len(slices.Compact(slices.Clone(credentials))) != len(members) {
		t.Errorf("credentials %q are not sorted, or not one each", credentials)
	}
	for _, m := range members {
		credential, err := belenios.PublicCredential(belenios.Group2048, uuid, tokens[m])
		if err != nil || !slices.Contains(credentials, credential) {
			t.Errorf("%s: token has credential %q, %v", m, credential, err)
		}
	}
}

func TestSorted(t *testing.T) {
	given := []string{"@b:x", "@ä:x", "@B:x", "@b:x", "@a:x"}
	if got, want := Sorted(given), []string{"@B:x", "@a:x", "@b:x", "@ä:x"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if given[0] != "@b:x" {
		t.Error("what was given has changed")
	}
}

func TestTokens(t *testing.T) {
	ledger, sealer := new(memory), new(plainSealer)
	r, tokens := New(ledger, sealer), Tokens{"@a:x": "token-a", "@b:x": "token-b"}
	if err := r.Issue(t.Context(), "poll", "key", tokens); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		poll, key, member, want string
		err                     error
	}{
		{"poll", "key", "@a:x", "token-a", nil},
		{"poll", "key", "@b:x", "token-b", nil},
		{"poll", "key", "@c:x", "", ErrNoToken},
		{"other", "key", "@a:x", "", ErrNoToken},
		{"poll", "other key", "@a:x", "", errSealed},
	} {
		if got, err := r.Token(t.Context(), c.poll, c.key, c.member); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
	}
	if err := r.Forget(t.Context(), "poll"); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Token(t.Context(), "poll", "key", "@a:x"); !errors.Is(err, ErrNoToken) {
		t.Errorf("forgotten: got %v", err)
	}
}

var errSealed = errors.New("another key or label")

// plainSealer notes key and label instead of encrypting.
type plainSealer struct{}

func (plainSealer) Seal(key, label string, plain []byte) ([]byte, error) {
	return append([]byte(key+"|"+label+"|"), plain...), nil
}

func (plainSealer) Open(key, label string, sealed []byte) ([]byte, error) {
	prefix := key + "|" + label + "|"
	if len(sealed) < len(prefix) || string(sealed[:len(prefix)]) != prefix {
		return nil, errSealed
	}
	return slices.Clone(sealed[len(prefix):]), nil
}

// memory is a ledger of one poll.
type memory struct {
	poll   string
	roll   []string
	sealed []byte
}

func (m *memory) PutRoll(_ context.Context, poll string, members []string) error {
	m.poll, m.roll = poll, members
	return nil
}

func (m *memory) Roll(context.Context, string) ([]string, error) { return m.roll, nil }

func (m *memory) PutTokens(_ context.Context, poll string, sealed []byte) error {
	m.poll, m.sealed = poll, sealed
	return nil
}

func (m *memory) Tokens(_ context.Context, poll string) ([]byte, error) {
	if poll != m.poll {
		return nil, nil
	}
	return m.sealed, nil
}

func (m *memory) DropRoll(context.Context, string) error {
	*m = memory{}
	return nil
}
