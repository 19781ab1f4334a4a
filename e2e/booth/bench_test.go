package booth

import (
	"fmt"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting/belenios"
)

// slowPhone is how many times as slow as this machine an old phone is.
const slowPhone = 6

// BenchmarkSealing measures how long sealing one of five answers takes in a page that was just opened, on this machine and
// on one that is much slower. Opening it is not part of what is measured.
func BenchmarkSealing(b *testing.B) {
	five := belenios.Question{Text: "Whom?", Answers: []string{"A", "B", "C", "D", "E"}, Min: 1, Max: 1}
	for _, group := range []string{belenios.Ed25519, belenios.Group2048} {
		setup, voters, _ := setUp(b, group, "bench "+group, five)
		for _, times := range []float64{1, slowPhone} {
			b.Run(fmt.Sprintf("%s/slower=%v", group, times), func(b *testing.B) {
				chromium, total := in(b, "Chromium"), 0.0
				for range b.N {
					tab := bench(b, chromium)
					eyes.Must(0, tab.Slow(times))(b)
					total += eyes.Must(browser.Evaluate[float64](tab, fmt.Sprintf(
						"(async () => { const t = performance.now(); await belenios.cast(%q, %q, [[2]]); return performance.now() - t; })()",
						setup.Election, voters[0].Secret)))(b)
					tab.Close()
				}
				b.ReportMetric(total/float64(b.N), "ms/ballot")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
