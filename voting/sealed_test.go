package voting_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/edwards25519"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// booth is the election as somebody sees it who seals elsewhere.
func (w *world) booth(id voting.ID) *belenios.Election {
	w.t.Helper()
	var papers [3][]byte
	for i, name := range []string{"election", "trustees", "credentials"} {
		var err error
		papers[i], err = w.store.Paper(w.t.Context(), id, name)
		check(w.t, err)
	}
	e, err := belenios.Open(belenios.Setup{Election: papers[0], Trustees: papers[1], Credentials: papers[2]})
	check(w.t, err)
	return e
}

// sealed is a ballot of m, made without the polls.
func (w *world) sealed(id voting.ID, m voting.Member, answer int) []byte {
	w.t.Helper()
	token, err := w.Token(w.t.Context(), id, m)
	check(w.t, err)
	e := w.booth(id)
	vote, err := e.Questions()[0].Choose(answer)
	check(w.t, err)
	ballot, err := e.Seal(rand.Reader, token, [][]int{vote})
	check(w.t, err)
	return ballot
}

func (w *world) receive(id voting.ID, ballot []byte) (voting.Receipt, error) {
	e, err := w.Receive(w.t.Context(), id, ballot, opening)
	if err != nil {
		return voting.Receipt{}, err
	}
	return w.Cast(w.t.Context(), e)
}

// Votes by link and in the direct chat are one vote of one person, and the last one counts.
func TestSealedElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, voting.No, voting.No, voting.No, voting.No) // four of them in the chat
	roll := members(5)
	first := w.sealed(p.ID, roll[0], voting.Yes)
	e, err := w.Receive(t.Context(), p.ID, first, opening)
	check(t, err)
	if e.Member() != roll[0] {
		t.Errorf("the ballot is of %s, want %s", e.Member(), roll[0])
	}
	r, err := w.Cast(t.Context(), e)
	check(t, err)
	if want := belenios.Tracker(first); r.Tracker != want || r.Code != belenios.Code(want) || !r.Replaced || !r.Unread || r.Again {
		t.Errorf("receipt %+v, want tracker %s, replaced", r, want)
	}
	if r, err = w.receive(p.ID, w.sealed(p.ID, roll[4], voting.Yes)); err != nil || r.Replaced {
		t.Errorf("the first vote of member 4: %+v, %v", r, err)
	}
	if r, err = w.receive(p.ID, w.sealed(p.ID, roll[1], voting.Yes)); err != nil || !r.Replaced {
		t.Errorf("the second vote of member 1: %+v, %v", r, err)
	}
	chat, err := w.Cast(t.Context(), w.fold(p.ID, roll[1], voting.Abstain))
	check(t, err)
	if !chat.Replaced || chat.Unread {
		t.Errorf("the third vote of member 1, in the chat: %+v", chat)
	}
	if got := w.turnout(p.ID); got != 5 {
		t.Errorf("%d ballots of 5 people", got)
	}
	found, ok, err := w.Receipt(t.Context(), p.ID, roll[0])
	if err != nil || !ok || found.Tracker != belenios.Tracker(first) {
		t.Errorf("the bot finds %+v, %v, %v", found, ok, err)
	}
	w.close(p.ID)
	if left, err := w.store.Paper(t.Context(), p.ID, "replaced"); err != nil || len(left) != 3*32 {
		t.Errorf("%d bytes of replaced ballots, want 3 hashes, %v", len(left), err)
	}
	counted, _ := w.tally(p.ID)
	if want := []int{2, 2, 1}; !slices.Equal(counted.Result.Sums, want) {
		t.Errorf("sums %v, want %v", counted.Result.Sums, want)
	}
	check(t, w.Forget(t.Context(), p.ID))
	if left, err := w.store.Paper(t.Context(), p.ID, "replaced"); left != nil || err != nil {
		t.Errorf("after the end %d bytes of replaced ballots, %v", len(left), err)
	}
}

// Whoever heard no answer sends the same ballot again: that changes nothing, also after a restart.
// A ballot that was replaced does not come back, whoever sends it.
func TestSealedAgain(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	m := members(5)[0]
	first := w.sealed(p.ID, m, voting.Yes)
	want, err := w.receive(p.ID, first)
	check(t, err)
	w = w.again()
	r, err := w.receive(p.ID, first)
	if err != nil || !r.Again || r.Replaced || r.Tracker != want.Tracker || r.Code != want.Code {
		t.Errorf("the same once more: %+v, %v, want %+v", r, err, want)
	}
	second, err := w.receive(p.ID, w.sealed(p.ID, m, voting.No))
	check(t, err)
	w = w.again()
	if r, err := w.receive(p.ID, first); !errors.Is(err, voting.ErrSuperseded) {
		t.Errorf("the first one after the second: %+v, %v", r, err)
	}
	if r, ok, err := w.Receipt(t.Context(), p.ID, m); err != nil || !ok || r.Tracker != second.Tracker {
		t.Errorf("in the box lies %+v, %v, %v, want %+v", r, ok, err, second)
	}
	_, err = w.Cast(t.Context(), w.fold(p.ID, m, voting.No))
	check(t, err)
	for i, ballot := range [][]byte{first} {
		if _, err := w.receive(p.ID, ballot); !errors.Is(err, voting.ErrSuperseded) {
			t.Errorf("ballot %d after a vote in the chat: %v", i, err)
		}
	}
}

func TestSealedWhereTheFirstCounts(t *testing.T) {
	w := newWorld(t)
	draft := motion(group, members(5)...)
	draft.Terms.NoRevote = true
	p, err := w.Draft(t.Context(), draft)
	check(t, err)
	p, err = w.Start(t.Context(), w.prepare(p.ID), opening)
	check(t, err)
	m := members(5)[2]
	first := w.sealed(p.ID, m, voting.Yes)
	_, err = w.receive(p.ID, first)
	check(t, err)
	if r, err := w.receive(p.ID, first); err != nil || !r.Again {
		t.Errorf("the same once more: %+v, %v", r, err)
	}
	if _, err := w.receive(p.ID, w.sealed(p.ID, m, voting.Yes)); !errors.Is(err, voting.ErrVoted) {
		t.Errorf("a second ballot: %v", err)
	}
	if _, err := w.Cast(t.Context(), w.fold(p.ID, m, voting.No)); !errors.Is(err, voting.ErrVoted) {
		t.Errorf("a vote in the chat: %v", err)
	}
}

// What is not exactly a ballot of this election by somebody on its roll leaves the box as it was.
func TestSealedRefused(t *testing.T) {
	w := newWorld(t)
	p, other := w.open(5), w.open(5)
	roll := members(5)
	right := w.sealed(p.ID, roll[0], voting.Yes)
	his := w.sealed(p.ID, roll[1], voting.No)
	swap := func(old, new string) []byte { return bytes.Replace(right, []byte(old), []byte(new), 1) }
	credential := func(ballot []byte) string { return part(ballot, `"credential":"`) }
	for name, c := range map[string]struct {
		ballot []byte
		want   error
	}{
		"nothing":             {nil, voting.ErrMalformed},
		"a word":              {[]byte("yes"), voting.ErrMalformed},
		"null":                {[]byte("null"), voting.ErrMalformed},
		"cut short":           {right[:len(right)-1], voting.ErrMalformed},
		"a line end":          {append(bytes.Clone(right), '\n'), voting.ErrMalformed},
		"a space":             {swap(",", ", "), voting.ErrMalformed},
		"a field too many":    {swap("{", `{"x":1,`), voting.ErrMalformed},
		"oversized":           {append(bytes.Clone(right), make([]byte, 1<<20)...), voting.ErrMalformed},
		"a long number":       {swap(`"response":"`, `"response":"`+strings.Repeat("9", 100)), voting.ErrMalformed},
		"another election":    {w.sealed(other.ID, roll[0], voting.Yes), voting.ErrElsewhere},
		"another UUID":        {swap(string(p.ID), string(other.ID)), voting.ErrElsewhere},
		"somebody else's":     {swap(credential(right), credential(his)), voting.ErrInvalid},
		"an unknown one":      {swap(credential(right), strings.Repeat("0", 63)+"1"), voting.ErrStranger},
		"another signature":   {swap(part(right, `"signature":`), part(his, `"signature":`)), voting.ErrInvalid},
		"an answer of others": {swap(part(right, `"answers":`), part(his, `"answers":`)), voting.ErrInvalid},
	} {
		if bytes.Equal(c.ballot, right) {
			t.Fatalf("%s: the ballot is as it was", name)
		}
		for _, receive := range []func() error{
			func() error { _, err := w.receive(p.ID, c.ballot); return err },
			func() error { _, err := voting.Signed(w.booth(p.ID), c.ballot); return err },
		} {
			if err := receive(); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	}
	if _, err := w.receive("unknown", right); !errors.Is(err, voting.ErrUnknown) {
		t.Errorf("of no poll: %v", err)
	}
	if _, err := w.Receive(t.Context(), p.ID, right, p.Ends); !errors.Is(err, voting.ErrOverdue) {
		t.Errorf("at the deadline: %v", err)
	}
	if got := w.turnout(p.ID); got != 0 {
		t.Errorf("%d ballots in the box", got)
	}
	if whose, err := voting.Signed(w.booth(p.ID), right); err != nil || whose != credential(right) {
		t.Errorf("the right one is of %q, %v", whose, err)
	}
	w.vote(p.ID, voting.No, voting.No, voting.No, voting.No, voting.No)
	late, err := w.Receive(t.Context(), p.ID, right, opening)
	check(t, err)
	w.close(p.ID)
	if _, err := w.Cast(t.Context(), late); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("an envelope after the close: %v", err)
	}
	if _, err := w.receive(p.ID, right); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("after the close: %v", err)
	}
}

// A right signature does not help false proofs: the voter could choose two answers, or one of them
// twenty times.
func TestSealedWithFalseProofs(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	m := members(5)[0]
	token, err := w.Token(t.Context(), p.ID, m)
	check(t, err)
	yes, no := w.sealed(p.ID, m, voting.Yes), w.sealed(p.ID, m, voting.No)
	forged := bytes.Replace(yes, []byte(part(yes, `"choices":`)), []byte(part(no, `"choices":`)), 1)
	forged = bytes.Replace(forged, []byte(part(yes, `"signature":`)), []byte(signature(t, p.ID, token, forged)), 1)
	if whose, err := voting.Signed(w.booth(p.ID), forged); err != nil || whose != part(yes, `"credential":"`) {
		t.Fatalf("the forged ballot is not signed: %q, %v", whose, err)
	}
	if _, err := w.receive(p.ID, forged); !errors.Is(err, voting.ErrInvalid) {
		t.Errorf("false proofs under a right signature: %v", err)
	}
	if got := w.turnout(p.ID); got != 0 {
		t.Errorf("%d ballots in the box", got)
	}
}

// signature signs a ballot anew, as the specification says (4.16), by itself.
func signature(t *testing.T, id voting.ID, token string, ballot []byte) string {
	t.Helper()
	var wide [64]byte
	for i := range 2 {
		h := sha256.Sum256(fmt.Appendf(nil, "derive_credential|%s|%d|%s", id, i, token))
		copy(wide[32*i:], h[:])
	}
	scalar := func(big []byte) *edwards25519.Scalar {
		little := make([]byte, 64)
		copy(little, big)
		slices.Reverse(little[:len(big)])
		s, err := new(edwards25519.Scalar).SetUniformBytes(little)
		check(t, err)
		return s
	}
	decimal := func(s *edwards25519.Scalar) string {
		b := s.Bytes()
		slices.Reverse(b)
		return new(big.Int).SetBytes(b).String()
	}
	unsigned, _, _ := bytes.Cut(ballot, []byte(`,"signature"`))
	sum := sha256.Sum256(append(bytes.Clone(unsigned), '}'))
	hash := base64.RawStdEncoding.EncodeToString(sum[:])
	x, nonce := scalar(wide[:]), scalar([]byte{77})
	commitment := new(edwards25519.Point).ScalarBaseMult(nonce).Bytes()
	slices.Reverse(commitment)
	h := sha256.Sum256(fmt.Appendf(nil, "sig|%s|%x", hash, commitment))
	challenge := scalar(h[:])
	response := new(edwards25519.Scalar).Subtract(nonce, new(edwards25519.Scalar).Multiply(x, challenge))
	return fmt.Sprintf(`{"hash":"%s","proof":{"challenge":"%s","response":"%s"}}`, hash, decimal(challenge), decimal(response))
}

// part is what stands behind the first name in a ballot, up to where it ends.
func part(ballot []byte, name string) string {
	_, rest, _ := strings.Cut(string(ballot), name)
	if strings.HasSuffix(name, `"`) {
		inside, _, _ := strings.Cut(rest, `"`)
		return inside
	}
	depth := 0
	for i, c := range rest {
		switch {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth == 0 {
			return rest[:i+1]
		}
	}
	return rest
}

// A vote that is not committed is not remembered: neither the ballot nor what it replaced.
func TestSealedInOneTransaction(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	m := members(5)[0]
	first, second := w.sealed(p.ID, m, voting.Yes), w.sealed(p.ID, m, voting.No)
	_, err := w.receive(p.ID, first)
	check(t, err)
	w.failing(func(ctx context.Context) error {
		e, err := w.Receive(ctx, p.ID, second, opening.Add(time.Minute))
		if err != nil {
			return err
		}
		_, err = w.Cast(ctx, e)
		return err
	})
	if r, err := w.receive(p.ID, first); err != nil || !r.Again {
		t.Errorf("the first one again: %+v, %v", r, err)
	}
}
