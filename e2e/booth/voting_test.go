package booth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// TestFromTheLinkToTheCount votes on each kind of question and looks at what was counted.
func TestFromTheLinkToTheCount(t *testing.T) {
	t.Parallel()
	several := voting.Question{
		Kind: voting.KindSeveral, Text: "Wer soll in den Beirat?", Least: 1, Most: 2, Invalid: true, Options: []string{"Aylin", "Björn", "Çelik"},
	}
	singly := voting.Question{
		Kind: voting.KindSingly, Text: "Vorstandswahl", Options: []string{"Aylin", "Björn"}, Answers: []string{"Ja", "Nein", "Enthaltung"},
	}
	cases := []struct {
		name  string
		draft voting.Draft
		walk  []string
		other [][]int // what the four others vote
		want  string
		only  string // in this browser, "" in each: how one comes there depends on none
	}{
		{"motion", voting.Draft{Question: "Antrag 12"}, []string{"Nein"}, [][]int{{1, 0, 0}}, "[[4 1 0]]", ""},
		{"changed", voting.Draft{Question: "Antrag 12"}, []string{"Nein", "Ändern", "Enthaltung"}, [][]int{{1, 0, 0}}, "[[4 0 1]]", "WebKit"},
		{"several", voting.Draft{Asked: several}, []string{"Björn", "Çelik", "Weiter"}, [][]int{{0, 1, 0, 0}}, "[[0 4 1 1]]", ""},
		{"invalid", voting.Draft{Asked: several}, []string{"Ungültigen"}, [][]int{{0, 1, 0, 0}}, "[[1 4 0 0]]", "Firefox"},
		{"singly", voting.Draft{Asked: singly}, []string{"Ja", "Nein"}, [][]int{{0, 0, 1}, {0, 0, 1}}, "[[1 0 4] [0 1 4]]", ""},
		{"back", voting.Draft{Asked: singly}, []string{"Ja", "Zurück", "Nein", "Ja"}, [][]int{{0, 0, 1}, {0, 0, 1}}, "[[0 1 4] [1 0 4]]", "Chromium"},
	}
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		for _, c := range cases {
			if !strings.HasSuffix(t.Name(), c.only) {
				continue
			}
			poll := o.asks(c.draft)
			v := visit(t, b, o.link(poll, anna), germanReader)
			for _, text := range append(c.walk, "Verbindlich abgeben") {
				v.presses(text)
			}
			v.sees("Ihre Stimme ist in der Urne.")
			ballots := o.ballots()
			tracker := belenios.Tracker([]byte(ballots[len(ballots)-1]))
			if got, want := v.part("#words"), strings.Join(voting.Words(tracker, "de"), "-"); got != want {
				t.Errorf("%s: the check words are %q, want %q", c.name, got, want)
			}
			if got, want := v.part("#code"), belenios.Code(tracker); got != want {
				t.Errorf("%s: the code is %s, want %s", c.name, got, want)
			}
			v.Close()
			o.fills(poll, c.other, anna)
			o.counted(poll)
			archive := eyes.Must(o.Archive(t.Context(), poll.ID))(t)
			if got := fmt.Sprint(eyes.Must(belenios.Verify(archive))(t).Sums); got != c.want {
				t.Errorf("%s: counted %s, want %s", c.name, got, c.want)
			}
		}
	})
}

// TestTooManyIsImpossible makes marks on a ballot that allows one to two of them.
func TestTooManyIsImpossible(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Firefox")
	poll := o.asks(voting.Draft{Asked: voting.Question{
		Kind: voting.KindSeveral, Text: "Wer?", Least: 1, Most: 2, Options: []string{"Aylin", "Björn", "Çelik"},
	}})
	v := visit(t, b, o.link(poll, anna), germanReader)
	v.presses("Weiter")
	v.sees("mindestens 1")
	v.presses("Aylin")
	v.presses("Björn")
	v.presses("Çelik")
	v.sees("Mehr als 2 geht nicht")
	v.sees("2 von 2 gewählt")
}

// TestNothingIsLostOnTheWay breaks the line in every place there is, and sends again.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter) {
		if line, _, err := w.(http.Hijacker).Hijack(); err == nil {
			line.Close()
		}
	}
	faults := []func(w http.ResponseWriter, r *http.Request, honest http.Handler){
		func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { cut(w) }, // before it arrives
		func(w http.ResponseWriter, r *http.Request, honest http.Handler) { // after it arrived
			honest.ServeHTTP(httptest.NewRecorder(), r)
			cut(w)
		},
		func(w http.ResponseWriter, r *http.Request, honest http.Handler) { // half an answer
			honest.ServeHTTP(httptest.NewRecorder(), r)
			w.Header().Set("Content-Length", "500")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte(`{"tracker":"`))
		},
	}
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		poll := o.asks(voting.Draft{Question: "Antrag 12"})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.presses("Ja")
		send := "Verbindlich abgeben"
		for n, fault := range faults {
			v.sees(send)
			o.breaks(fault)
			eyes.Must(browser.Evaluate[bool](v.Tab, `!!(globalThis.before = document.querySelector("h1"))`))(t)
			v.presses(send)
			v.until(func() string { // the same screen, but another one
				if eyes.Must(browser.Evaluate[bool](v.Tab, `document.querySelector("h1") !== before &&
					document.body.innerText.includes("Ob er schon in der Urne ist, ist nicht sicher.")`))(t) {
					return ""
				}
				return fmt.Sprintf("nothing is said after fault %d", n)
			})
			send = "Noch einmal senden"
		}
		v.presses("Oder im Direktchat abgeben")
		pasted := eyes.Must(browser.Evaluate[string](v.Tab, `document.querySelector("textarea").value`))(t)
		o.breaks(nil)
		v.presses("Noch einmal senden")
		v.sees("Ihre Stimme ist in der Urne.")
		came := o.ballots()
		if same := slices.Compact(slices.Clone(came)); len(came) <= len(faults) || len(same) != 1 || same[0] != pasted {
			t.Errorf("%d different ballots came in %d attempts", len(same), len(came))
		}
		if n := o.inBox(poll); n != 1 {
			t.Errorf("%d ballots are in the box, want 1", n)
		}
	})
}

// TestABusyServerIsAskedAgain waits as long as the server says, without anybody doing anything.
func TestABusyServerIsAskedAgain(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	v := visit(t, b, o.link(poll, anna), germanReader)
	v.presses("Ja")
	v.sees("Verbindlich abgeben")
	busy := 2
	o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		if busy--; busy < 0 {
			honest.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		http.Error(w, `{"code":"busy"}`, http.StatusServiceUnavailable)
	})
	v.presses("Verbindlich abgeben")
	v.sees("Ihre Stimme ist in der Urne.")
	if n := o.inBox(poll); n != 1 || len(o.ballots()) != 3 {
		t.Errorf("%d ballots are in the box after %d attempts", n, len(o.ballots()))
	}
}

// TestVotingAgain replaces a vote where that is allowed, and says where it is not.
func TestVotingAgain(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Firefox")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	v := visit(t, b, o.link(poll, anna), germanReader)
	v.presses("Ja")
	v.sees("Die letzte Stimme zählt.")
	v.presses("Verbindlich abgeben")
	v.presses("Noch einmal abstimmen")
	v.presses("Nein")
	v.presses("Verbindlich abgeben")
	v.sees("Ihre frühere Stimme und ihr Code gelten nicht mehr.")
	if n := o.inBox(poll); n != 1 {
		t.Errorf("%d ballots are in the box, want 1", n)
	}
	final := o.asks(voting.Draft{Question: "Antrag 13", Terms: voting.Terms{NoRevote: true}})
	for _, end := range []string{"Ihre Stimme ist in der Urne.", "Sie haben schon abgestimmt."} {
		v := visit(t, b, o.link(final, anna), germanReader)
		v.presses("Ja")
		v.sees("Die erste Stimme gilt")
		v.presses("Verbindlich abgeben")
		v.sees(end)
	}
}

// TestOver opens a link and comes late with a ballot.
func TestOver(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "WebKit")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	link := o.link(poll, anna)
	v := visit(t, b, link, germanReader)
	v.presses("Ja")
	v.sees("Verbindlich abgeben")
	o.fills(poll, [][]int{{1, 0, 0}})
	o.counted(poll)
	v.presses("Verbindlich abgeben")
	v.sees("Nicht gezählt: Die Abstimmung ist vorbei.")
	visit(t, b, link, germanReader).sees("Die Abstimmung ist vorbei.")
}

// TestOpenedEnvelope opens instead of casting: Go finds in it what was chosen, and nobody can cast it.
func TestOpenedEnvelope(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		poll := o.asks(voting.Draft{Question: "Antrag 12"})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.presses("Nein")
		v.presses("Woher weiß ich")
		envelope := ""
		v.until(func() string {
			if envelope = v.part(".test b"); envelope == "…" {
				return "the envelope has no words yet"
			}
			return ""
		})
		v.presses("Öffnen statt abgeben")
		v.sees("Dieser Umschlag zählt nicht.")
		v.sees(envelope)
		file := eyes.Must(browser.Evaluate[string](v.Tab, `document.querySelector("textarea").value`))(t)
		revealed := eyes.Must(belenios.Reveal([]byte(file)))(t)
		if fmt.Sprint(revealed.Vote) != "[[0 1 0]]" || revealed.Fingerprint != poll.Fingerprint {
			t.Errorf("inside is %v on %s", revealed.Vote, revealed.Fingerprint)
		}
		if want := strings.Join(voting.Words(revealed.Tracker, "de"), "-"); envelope != want {
			t.Errorf("the words said before are %q, those of the envelope are %q", envelope, want)
		}
		var test struct{ Ballot string }
		if err := json.Unmarshal([]byte(file), &test); err != nil {
			t.Fatal(err)
		}
		answer := eyes.Must(http.Post(o.address+"/v/"+string(poll.ID)+"/ballot", "text/plain", strings.NewReader(test.Ballot)))(t)
		answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest || o.inBox(poll) != 0 {
			t.Errorf("an opened envelope can be cast: %s", answer.Status)
		}
		v.presses("Neuen Stimmzettel ausfüllen")
		v.presses("Ja")
		v.presses("Verbindlich abgeben")
		v.sees("Ihre Stimme ist in der Urne.")
		if strings.Contains(o.ballots()[len(o.ballots())-1], revealed.Tracker) {
			t.Error("the opened envelope was cast")
		}
	})
}

// TestWhatTheMachinesCallIt looks whether the page says of a vote with tellers what their machines say in the group.
func TestWhatTheMachinesCallIt(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	fingerprint := eyes.Must(o.Polls.Sheet(t.Context(), poll.ID))(t).Fingerprint
	for level, want := range map[string]string{"secret": voting.Said(fingerprint, "de"), "shared": voting.Said(fingerprint, "de"), "confidential": ""} {
		o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
			if !strings.HasSuffix(r.URL.Path, "vote.json") {
				honest.ServeHTTP(w, r)
				return
			}
			said := eyes.Told(r, honest)
			said["level"] = level
			_ = json.NewEncoder(w).Encode(said)
		})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.sees("Antrag 12")
		if got := eyes.Must(browser.Evaluate[string](v.Tab, `document.getElementById("called")?.textContent ?? ""`))(t); got != want {
			t.Errorf("%s: the page calls it %q, the machines %q", level, got, want)
		}
		v.Close()
	}
}
