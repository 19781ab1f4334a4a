package policy

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// BenchmarkOpening opens a thousand ballots of a motion with four keys: how long a machine verifies them before it gives
// its part, and how long it takes from the last part until a machine has recounted the result.
func BenchmarkOpening(b *testing.B) {
	for _, group := range []string{belenios.Ed25519, belenios.Group2048} {
		b.Run(group, func(b *testing.B) {
			for b.Loop() {
				verified, bots, recounted := opening(b, group, 1000)
				b.ReportMetric(verified.Seconds(), "s/verification")
				b.ReportMetric(bots.Seconds(), "s/count")
				b.ReportMetric(recounted.Seconds(), "s/recount")
				b.ReportMetric((bots + recounted).Seconds(), "s/after-the-last-part")
			}
		})
	}
}

// opening holds a vote of n members, and measures.
func opening(b *testing.B, group string, n int) (verified, counted, recounted time.Duration) {
	b.Helper()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	s, err := store.Open(b.Context(), b.TempDir(), zerolog.Nop())
	check(err)
	defer s.Close()
	v, err := store.OpenVault(filepath.Join(b.TempDir(), "keys"))
	check(err)
	config := voting.Defaults()
	config.Group = map[string]string{belenios.Ed25519: "ed25519", belenios.Group2048: "belenios-2048"}[group]
	polls := voting.New(s, v, rand.Reader, config)
	var roll []voting.Member
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("@member%05d:x", i))
		roll = append(roll, voting.Member(names[i]))
	}
	var tellers []voting.Teller
	for _, name := range names[:3] {
		tellers = append(tellers, voting.Teller{Owner: voting.Member(name), Account: name + "-keys"})
	}
	poll, err := polls.Draft(b.Context(), voting.Draft{
		Place: "!group:x", Asker: roll[0], Question: "Motion 12?", Answers: []string{"Yes", "No", "Abstain"}, Roll: roll,
		Terms: voting.Terms{Tellers: voting.TellersOf(tellers), Lasts: voting.TellersLast},
	})
	check(err)
	poll, err = polls.Ask(b.Context(), poll.ID)
	check(err)
	var keys []*belenios.Key
	for _, t := range tellers {
		key, err := belenios.NewKey(rand.Reader, poll.Group)
		check(err)
		public, err := key.Public(rand.Reader)
		check(err)
		_, err = polls.TakeKey(b.Context(), poll.ID, t.Account, public)
		check(err)
		keys = append(keys, key)
	}
	trustee, err := polls.OwnKey(b.Context(), poll.ID)
	check(err)
	poll, err = polls.Compose(b.Context(), poll.ID, start)
	check(err)
	for _, t := range tellers {
		_, err := polls.Confirm(b.Context(), poll.ID, t.Account, poll.Fingerprint)
		check(err)
	}
	papers, err := polls.Papers(b.Context(), poll.ID)
	check(err)
	election, err := belenios.Open(belenios.Setup(papers))
	check(err)
	poll, err = polls.Launch(b.Context(), poll.ID)
	check(err)
	for _, m := range roll {
		folded, err := polls.Fold(b.Context(), poll.ID, m, voting.Yes)
		check(err)
		_, err = polls.Cast(b.Context(), folded)
		check(err)
	}
	poll, err = polls.Close(b.Context(), poll.ID, poll.Ends)
	check(err)
	share, err := polls.OwnShare(b.Context(), poll.ID, poll.Ends)
	check(err)
	archive, err := polls.Closing(b.Context(), poll.ID)
	check(err)
	watched := Watched{
		Poll: poll.ID, Fingerprint: poll.Fingerprint, Credentials: Credentials(election.Credentials()), Ends: poll.Ends, ClosedAt: poll.Ends,
		Question: parley.Question{
			Group: poll.Group, Asker: roll[0], Asked: poll.Asked, Rule: poll.Rule, Terms: poll.Terms, Least: poll.Least, Roll: names, Trustee: string(trustee),
		},
	}
	began := time.Now()
	audit, err := Verify(Ballots{Hash: poll.ClosedHash, Voted: names, Archive: archive}, watched)
	check(err)
	check(Release(audit, string(share)))
	verified = time.Since(began)
	for i, key := range keys {
		part, err := audit.Election().Decrypt(rand.Reader, audit.Sum(), key)
		check(err)
		began = time.Now()
		_, err = polls.TakeShare(b.Context(), poll.ID, tellers[i].Account, part.Body)
		check(err)
	}
	_, _, err = polls.Tally(b.Context(), poll.ID, poll.Ends)
	check(err)
	whole, err := polls.Archive(b.Context(), poll.ID)
	check(err)
	counted = time.Since(began)
	began = time.Now()
	report, err := Recount(audit, whole, poll.ClosedHash, watched)
	check(err)
	if recounted = time.Since(began); report.Counted != n {
		b.Fatalf("%d counted", report.Counted)
	}
	return verified, counted, recounted
}
