package bot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
)

// BenchmarkLargeVote holds a vote of five hundred people, as far as it is the bot's own work: with the real database and
// the real mathematics, without a homeserver. It says how long the ballots take from **start**, the receipts of answers
// that all come at once, and everything from `!close` until the result is in the group and everybody has read what became
// of their vote.
func BenchmarkLargeVote(b *testing.B) {
	const members = 500
	var ballots, receipts, closing time.Duration
	for b.Loop() {
		w := newWorld(b, "en")
		for n := len(people); n < members; n++ {
			w.join(fmt.Sprintf("member%03d", n))
		}
		w.says("chair", "!vote Shall we?")
		began := time.Now()
		w.says("chair", "start")
		ballots += time.Since(began)
		roll := w.poll().Roll
		w.counts(members, kindBallot)

		began = time.Now()
		for i, m := range roll {
			name := strings.TrimSuffix(strings.TrimPrefix(string(m), "@"), ":x")
			if err := w.bot.Said(b.Context(), w.message(name, fmt.Sprint(1+i%3), true)); err != nil {
				b.Fatal(err)
			}
		}
		w.settle()
		receipts += time.Since(began)
		w.counts(members, kindReceipt)

		began = time.Now()
		w.closes("chair")
		closing += time.Since(began)
		w.counts(members, kindOutcome)
		if p, err := w.bot.Polls.Earlier(b.Context(), group, 1); err != nil || len(p) != 1 || p[0].State != voting.StateDone || p[0].Result.Count.Cast != members {
			b.Fatal(p, err)
		}
	}
	for unit, took := range map[string]time.Duration{"ballots": ballots, "receipts": receipts, "close": closing} {
		b.ReportMetric(took.Seconds()/float64(b.N), unit+"-s")
	}
}

// counts wants so many new messages of a kind.
func (w *world) counts(want int, kind string) {
	w.t.Helper()
	n := 0
	for _, s := range w.new() {
		if s.Kind == kind {
			n++
		}
	}
	if n != want {
		w.t.Fatalf("%d × %s, want %d", n, kind, want)
	}
}
