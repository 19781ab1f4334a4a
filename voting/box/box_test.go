package box

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
)

var errWrong = errors.New("not a right ballot")

// shouting is an election whose ballots name their credential and end in "!".
type shouting struct{}

func (shouting) CheckBallot(ballot []byte) (string, error) {
	credential, _, _ := strings.Cut(string(ballot), " ")
	if !bytes.HasSuffix(ballot, []byte("!")) {
		return "", errWrong
	}
	return credential, nil
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		ballot, credential string
		want               error
	}{
		{"a yes!", "a", nil},
		{"a yes", "a", errWrong},
		{"b yes!", "a", ErrNoPlace},
	} {
		ballot := []byte(c.ballot)
		s, err := Check(shouting{}, ballot, c.credential)
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v", c, err)
		}
		clear(ballot)
		if err == nil && string(s.Ballot()) != c.ballot {
			t.Errorf("%+v: kept %q", c, s.Ballot())
		}
	}
}

func TestPlaces(t *testing.T) {
	ledger := make(memory)
	b, ctx := New(ledger), t.Context()
	size := Size([]byte("a yes!"))
	if err := b.Open(ctx, "poll", []string{"a", "b", "c"}, size); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		ballot   string
		replaced bool
		err      error
		count    int
		all      []string
	}{
		{"b no!", false, nil, 1, []string{"b no!"}},
		{"a yes!", false, nil, 2, []string{"a yes!", "b no!"}},
		{"b yes, of course!", true, nil, 2, []string{"a yes!", "b yes, of course!"}},
		{"b no!", true, nil, 2, []string{"a yes!", "b no!"}},
		{"d yes!", false, ErrNoPlace, 2, []string{"a yes!", "b no!"}},
	} {
		s, err := Check(shouting{}, []byte(step.ballot), step.ballot[:1])
		if err != nil {
			t.Fatal(err)
		}
		replaced, err := b.Put(ctx, "poll", s, false)
		if (replaced != nil) != step.replaced || !errors.Is(err, step.err) {
			t.Errorf("%s: replaced %q, %v", step.ballot, replaced, err)
		}
		n, err := b.Count(ctx, "poll")
		if err != nil || n != step.count {
			t.Errorf("%s: %d ballots, %v", step.ballot, n, err)
		}
		ballots, err := b.Ballots(ctx, "poll")
		if err != nil || !slices.EqualFunc(ballots, step.all, func(b []byte, s string) bool { return string(b) == s }) {
			t.Errorf("%s: ballots %q, %v", step.ballot, ballots, err)
		}
		for credential, ballot := range ledger {
			if len(ballot) != size {
				t.Errorf("%s: the place of %s has %d bytes, not %d", step.ballot, credential, len(ballot), size)
			}
		}
	}
	if err := b.Forget(ctx, "poll"); err != nil || len(ledger) != 0 {
		t.Errorf("forgotten: %v, %d places", err, len(ledger))
	}
}

func TestSizeLeavesRoom(t *testing.T) {
	for n := range 10_000 {
		if got := Size(make([]byte, n)); got < n+room || got > n+2*room || got%room != 0 {
			t.Fatalf("%d bytes for a ballot of %d", got, n)
		}
	}
}

// memory is the places of one poll, by credential.
type memory map[string][]byte

func (m memory) PutPlace(_ context.Context, _ string, p Place) error {
	m[p.Credential] = p.Ballot
	return nil
}

func (m memory) Place(_ context.Context, _, credential string) (Place, bool, error) {
	ballot, found := m[credential]
	return Place{Credential: credential, Ballot: ballot}, found, nil
}

func (m memory) Places(context.Context, string) ([]Place, error) {
	var places []Place
	for _, credential := range slices.Sorted(maps.Keys(m)) {
		places = append(places, Place{Credential: credential, Ballot: m[credential]})
	}
	return places, nil
}

func (m memory) CountBallots(context.Context, string) (int, error) {
	n := 0
	for _, ballot := range m {
		if ballot[0] != 0 {
			n++
		}
	}
	return n, nil
}

func (m memory) DropPlaces(context.Context, string) error {
	clear(m)
	return nil
}
