package box

import (
	"strings"
	"testing"
)

// counting is an election that counts how often it was asked.
type counting struct {
	shouting
	n *int
}

func (c counting) CheckBallot(ballot []byte) (string, error) {
	*c.n++
	return c.shouting.CheckBallot(ballot)
}

// What a box took in is checked again only when its bytes changed, or by a box that did not see it.
func TestDamagedAsksOnce(t *testing.T) {
	ledger, ctx, asked := make(memory), t.Context(), 0
	e := counting{n: &asked}
	b := New(ledger)
	if err := b.Open(ctx, "poll", []string{"a", "b", "c"}, Size([]byte("a yes!"))); err != nil {
		t.Fatal(err)
	}
	for _, c := range []string{"a", "b"} {
		s, err := Check(e, []byte(c+" yes!"), c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(ctx, "poll", s, false); err != nil {
			t.Fatal(err)
		}
	}
	damaged := func(b *Box, want string, times int) {
		t.Helper()
		asked = 0
		places, err := b.Damaged(ctx, "poll", e)
		var got []string
		for _, p := range places {
			got = append(got, p.Credential)
		}
		if err != nil || strings.Join(got, " ") != want || asked != times {
			t.Errorf("got %v after asking %d times, want %q after %d; %v", got, asked, want, times, err)
		}
	}
	damaged(b, "", 0)
	other := New(ledger)
	damaged(other, "", 2)
	damaged(other, "", 0)
	place, _, err := ledger.Place(ctx, "poll", "b")
	if err != nil {
		t.Fatal(err)
	}
	place.Ballot[len("b yes")] = '?'
	if err := ledger.PutPlace(ctx, "poll", place); err != nil {
		t.Fatal(err)
	}
	damaged(b, "b", 1)
	damaged(other, "b", 1)
	if err := b.Forget(ctx, "poll"); err != nil || b.sound.has("poll", "a", []byte("a yes!")) {
		t.Errorf("it still knows the ballots of a poll that has ended: %v", err)
	}
}
