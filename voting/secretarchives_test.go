package voting_test

import (
	"crypto/rand"
	"slices"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// TestSecretArchives: the archives of five different secret votes (of two, unless -archives says more), whose keys two
// tellers hold besides the bot, and whose ballots their voters sealed, are right for tools that we did not write.
func TestSecretArchives(t *testing.T) {
	judges := map[string][]string{belenios.Group2048: {"belenios-tool"}, belenios.Ed25519: voting.NewerTools(t)}
	for name, tools := range judges {
		for _, c := range ten[:min(*archives, 5)] {
			t.Run(name+" "+c.name, func(t *testing.T) {
				w := newWorld(t)
				cfg := voting.Defaults()
				cfg.Group = name
				w.Polls = voting.New(w.store, w.vault, rand.Reader, cfg)
				terms := withTellers()
				terms.OnlySealed, terms.NoRevote, terms.Booth, terms.Lasts = true, true, "https://kaya.example.org/booth.html", voting.TellersLast
				p, err := w.Draft(t.Context(), voting.Draft{Place: group, Asker: asker, Asked: c.asked, Rule: c.rule, Roll: members(c.roll), Terms: terms})
				check(t, err)
				if p.Level() != voting.Secret {
					t.Fatalf("the level is %v", p.Level())
				}
				keys := w.launch(p)
				p, err = w.Poll(t.Context(), p.ID)
				check(t, err)
				e := w.booth(p.ID)
				for i, choice := range c.choices {
					token, err := w.Token(t.Context(), p.ID, members(c.roll)[i])
					check(t, err)
					vote, err := p.Asked.Vote(choice)
					check(t, err)
					ballot, err := e.Seal(rand.Reader, token, vote)
					check(t, err)
					check(t, second(w.receive(p.ID, ballot)))
				}
				w.close(p.ID)
				w.share(p.ID, keys)
				p, archive := w.tally(p.ID)
				if p.Result.Verdict.Outcome != c.outcome || !slices.Equal(p.Result.Sums, c.sums) || p.Result.Counted != len(c.choices) {
					t.Errorf("result %+v, %+v", p.Result, p.Result.Verdict)
				}
				if report, err := belenios.Verify(archive); err != nil || report.Status != belenios.Complete || report.Group != name {
					t.Errorf("our verifier: %+v, %v", report, err)
				}
				for _, tool := range tools {
					t.Log(voting.Rechecked(t, tool, archive))
				}
			})
		}
	}
}

// launch opens a poll with tellers, and returns their keys.
func (w *world) launch(p *voting.Poll) map[string]*belenios.Key {
	t := w.t
	t.Helper()
	keys, publics := w.keys(p)
	check(t, second(w.Ask(t.Context(), p.ID)))
	for account, public := range publics {
		check(t, second(w.TakeKey(t.Context(), p.ID, account, public)))
	}
	p, err := w.Compose(t.Context(), p.ID, opening)
	check(t, err)
	for account := range keys {
		check(t, second(w.Confirm(t.Context(), p.ID, account, p.Fingerprint)))
	}
	check(t, second(w.Launch(t.Context(), p.ID)))
	return keys
}

// share has the bot and the tellers give their parts of a closed poll.
func (w *world) share(id voting.ID, keys map[string]*belenios.Key) {
	t := w.t
	t.Helper()
	check(t, second(w.OwnShare(t.Context(), id, closing)))
	archive, err := w.Closing(t.Context(), id)
	check(t, err)
	audit, err := belenios.AuditBallots(archive)
	check(t, err)
	for account, key := range keys {
		part, err := audit.Election().Decrypt(rand.Reader, audit.Sum(), key)
		check(t, err)
		check(t, second(w.TakeShare(t.Context(), id, account, part.Body)))
	}
}
