package booth

import (
	"net/http"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// board is the address of a poll's board.
func (o *office) board(p *voting.Poll) string { return o.address + "/p/" + string(p.ID) }

// TestBoard looks at the board while a vote runs and after it was counted.
func TestBoard(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		poll := o.asks(voting.Draft{Question: "Antrag 12"})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.presses("Ja")
		v.presses("Verbindlich abgeben")
		v.sees("Ihre Stimme ist in der Urne.")
		words := v.part("#words")
		v.Close()
		o.fills(poll, [][]int{{0, 1, 0}}, anna, bernd)
		v = visit(t, b, o.board(poll), germanReader)
		v.sees("Die Abstimmung läuft.")
		v.sees("4 von 5")
		if strings.Contains(eyes.Must(v.Text())(t), "Meine Stimme") {
			t.Error("ballots can be looked up while the vote is open")
		}
		v.Close()
		o.fills(poll, [][]int{{1, 0, 0}}, anna, "@clara:x", "@deniz:x", "@eva:x")
		o.counted(poll)
		v = visit(t, b, o.board(poll), germanReader)
		v.sees("abgelehnt")
		v.sees("Die Zahlen passen zusammen.")
		v.sees("In diesem Browser nachrechnen")
		for looked, found := range map[string]string{
			words: "Ihr Stimmzettel ist in der Urne", strings.ToUpper(strings.ReplaceAll(words, "-", " ")): "Ihr Stimmzettel ist in der Urne",
			"apfel apfel apfel": "Nicht gefunden.",
		} {
			v.looks(looked)
			v.sees(found)
		}
		link := eyes.Must(browser.Evaluate[string](v.Tab, `[...document.links].find((a) => !a.hash && a.href.endsWith(".bel")).href`))(t)
		archive := eyes.Must(http.Get(link))(t)
		defer archive.Body.Close()
		report := eyes.Must(belenios.Verify(body(&http.Request{Body: archive.Body})))(t)
		if report.Status != belenios.Complete {
			t.Errorf("the archive says %+v", report)
		}
	})
}

// looks looks for a ballot.
func (v *visitor) looks(words string) {
	v.t.Helper()
	eyes.Must(browser.Evaluate[bool](v.Tab, `(() => { document.querySelector("#look").value = ""; return true; })()`))(v.t)
	if err := v.Write("#look", words); err != nil {
		v.t.Fatal(err)
	}
	v.presses("Suchen")
}

// TestBarriersOfTheBoard looks at it with axe, on narrow screens, and with texts that are programs.
func TestBarriersOfTheBoard(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="globalThis.hit=1">`
	o, b, axe := openOffice(t), in(t, "Chromium"), axe(t)
	poll := o.asks(voting.Draft{Asked: voting.Question{
		Kind: voting.KindSingly, Text: evil, Options: []string{evil, "Anna"}, Answers: []string{evil + "1", "Nein", "Enthaltung"},
	}})
	for _, counted := range []bool{false, true} {
		if counted {
			o.fills(poll, [][]int{{1, 0, 0}, {0, 1, 0}})
			o.counted(poll)
		}
		v := visit(t, b, o.board(poll), germanReader, axe)
		v.sees(evil)
		v.barriers(map[bool]string{true: "board-of-programs", false: "board-open"}[counted])
		if hit := eyes.Must(browser.Evaluate[int](v.Tab, `(globalThis.hit ?? 0) + document.querySelectorAll("img").length`))(t); hit != 0 {
			t.Error("what somebody typed became a part of the page")
		}
		v.Close()
	}
	poll = o.asks(voting.Draft{Question: "Antrag 12: Soll der Verein den Beitrag auf 24 Euro erhöhen?"})
	o.fills(poll, [][]int{{1, 0, 0}})
	o.counted(poll)
	v := visit(t, b, o.board(poll), germanReader, axe)
	v.sees("Die Zahlen passen zusammen.")
	v.barriers("board-counted")
	v.Close()
	v = visit(t, b, o.address+"/recount", germanReader, axe)
	v.sees("Datei wählen")
	v.barriers("recount")
	archive := eyes.Must(o.Archive(t.Context(), poll.ID))(t)
	v.drops(archive)
	v.sees("Alles stimmt.")
	v.barriers("recount-sound")
	v.presses("Andere Datei")
	v.drops(forged(archive))
	v.sees("Diese Datei stimmt nicht.")
	v.barriers("recount-forged")
}
