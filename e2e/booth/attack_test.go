package booth

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
)

// TestWrongLinks opens links with which nobody may vote. Nothing is ever sent.
func TestWrongLinks(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Firefox")
	poll, other := o.asks(voting.Draft{Question: "Antrag 12"}), o.asks(voting.Draft{Question: "Antrag 13"})
	sound := o.link(poll, anna)
	address, secret, _ := strings.Cut(sound, "#")
	token, fingerprint, _ := strings.Cut(secret, ".")
	last := "A"
	if token[len(token)-1] == 'A' {
		last = "B"
	}
	_, foreign, _ := strings.Cut(o.link(other, anna), "#")
	const incomplete, stranger, forged = "Dieser Link ist nicht vollständig.", "Dieser Link gehört nicht zu dieser Abstimmung.", "Das ist nicht der Stimmzettel, der angekündigt wurde."
	links := map[string]struct{ link, says string }{
		"no secret":           {address, incomplete},
		"cut short":           {sound[:len(sound)-1], incomplete},
		"without fingerprint": {address + "#" + token, incomplete},
		"too long":            {sound + "A", incomplete},
		"token with a zero":   {address + "#0" + token[1:] + "." + fingerprint, incomplete},
		"token cut short":     {address + "#" + token[1:] + "." + fingerprint, incomplete},
		"typing error":        {address + "#" + token[:len(token)-1] + last + "." + fingerprint, stranger},
		"token of another":    {address + "#" + foreign[:len(token)] + "." + fingerprint, stranger},
		"other fingerprint":   {address + "#" + token + foreign[len(token):], forged},
		"other vote":          {o.address + "/v/" + string(other.ID) + "#" + secret, forged},
		"no such vote":        {o.address + "/v/1111111111111111111111#" + secret, "Diese Abstimmung gibt es hier nicht."},
		"script as address":   {sound + ".javascript:alert(1)//v/" + string(poll.ID), incomplete},
	}
	for what, c := range links {
		v := visit(t, b, c.link, germanReader)
		v.sees(c.says)
		v.sees("Es wurde nichts gesendet.")
		if n := eyes.Must(browser.Evaluate[int](v.Tab, `document.querySelectorAll(".option").length`))(t); n != 0 {
			t.Errorf("%s: there is a ballot to fill in", what)
		}
		v.Close()
	}
	if came := o.ballots(); len(came) != 0 {
		t.Errorf("%d ballots were sent", len(came))
	}
}

// TestChangedElections has a server that shows other elections than it announced.
func TestChangedElections(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Firefox")
	poll, other := o.asks(voting.Draft{Question: "Antrag 12"}), o.asks(voting.Draft{Question: "Antrag 13"})
	link := o.link(poll, anna)
	change := func(key, old, new string) func(map[string]any) {
		return func(said map[string]any) {
			text, _ := said[key].(string)
			if !strings.Contains(text, old) {
				t.Errorf("%s has no %s", key, old)
			}
			said[key] = strings.Replace(text, old, new, 1)
		}
	}
	foreign := eyes.Must(o.Polls.Sheet(t.Context(), other.ID))(t).Papers
	var keyed struct {
		Key string `json:"public_key"`
	}
	if err := json.Unmarshal(foreign.Election, &keyed); err != nil {
		t.Fatal(err)
	}
	for _, lie := range map[string]func(map[string]any){
		"question":         change("election", "Antrag 12", "Antrag 14"),
		"order of answers": change("election", `"Ja","Nein"`, `"Nein","Ja"`),
		"rule":             change("election", `"max":1`, `"max":2`),
		"space":            change("election", `"version":1`, `"version": 1`),
		"key": func(said map[string]any) {
			text, _ := said["election"].(string)
			at := strings.Index(text, `"public_key":"`) + len(`"public_key":"`)
			said["election"] = text[:at] + keyed.Key + text[at+len(keyed.Key):]
		},
		"whole election":      func(said map[string]any) { said["election"] = string(foreign.Election) },
		"other keyholder":     func(said map[string]any) { said["trustees"] = string(foreign.Trustees) },
		"keyholder unproved":  change("trustees", `"challenge":"`, `"challenge":"1`),
		"no keyholders":       func(said map[string]any) { delete(said, "trustees") },
		"election is no text": func(said map[string]any) { said["election"] = "" },
	} {
		o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
			if !strings.HasSuffix(r.URL.Path, "vote.json") {
				honest.ServeHTTP(w, r)
				return
			}
			said := eyes.Told(r, honest)
			lie(said)
			_ = json.NewEncoder(w).Encode(said)
		})
		v := visit(t, b, link, germanReader)
		v.sees("Das ist nicht der Stimmzettel, der angekündigt wurde.")
		v.Close()
	}
	o.breaks(nil)
	if came := o.ballots(); len(came) != 0 {
		t.Errorf("%d ballots were sent", len(came))
	}
}

// TestABallotOfAnotherNameIsNoticed has a server that confirms another ballot.
func TestABallotOfAnotherNameIsNoticed(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	v := visit(t, in(t, "WebKit"), o.link(o.asks(voting.Draft{Question: "Antrag 12"}), anna), germanReader)
	v.presses("Ja")
	v.sees("Verbindlich abgeben")
	o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
		said := eyes.Told(r, honest)
		said["tracker"] = strings.Repeat("A", 43)
		_ = json.NewEncoder(w).Encode(said)
	})
	v.presses("Verbindlich abgeben")
	v.sees("Halt: Der Bot nennt einen anderen Stimmzettel als Ihren.")
}

// TestTypedTextStaysText asks questions that are programs, in every place where people's words are shown.
func TestTypedTextStaysText(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="globalThis.hit=1">"'</script><script>globalThis.hit=1</script>{n}`
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
			if !strings.HasSuffix(r.URL.Path, "vote.json") {
				honest.ServeHTTP(w, r)
				return
			}
			said := eyes.Told(r, honest)
			for _, key := range []string{"title", "group", "contact", "level"} {
				said[key] = evil
			}
			said["imprint"], said["privacy"] = "javascript:globalThis.hit=1", `https://x.example/"><script>`
			_ = json.NewEncoder(w).Encode(said)
		})
		poll := o.asks(voting.Draft{Asked: voting.Question{
			Kind: voting.KindSingly, Text: evil, Options: []string{evil, "Anna"}, Answers: []string{evil + "1", evil + "2", evil + "3"},
		}})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.presses(evil + "2")
		v.presses(evil + "3")
		v.sees(evil + "2")
		v.presses("Verbindlich abgeben")
		v.sees("Ihre Stimme ist in der Urne.")
		found := eyes.Must(browser.Evaluate[string](v.Tab, `JSON.stringify([globalThis.hit ?? 0, document.querySelectorAll("img").length,
			document.scripts.length, [...document.links].filter((a) => !/^https?:/.test(a.href)).length])`))(t)
		if found != "[0,0,1,0]" {
			t.Errorf("hits, pictures, scripts and strange links are %s", found)
		}
	})
}

// TestNoOtherPageCarriesTheBallot puts the page into a frame: of its own server, which forbids it, and of one that does not.
func TestNoOtherPageCarriesTheBallot(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		link := o.link(o.asks(voting.Draft{Question: "Antrag 12"}), anna)
		for _, loose := range []bool{false, true} {
			o.breaks(func(w http.ResponseWriter, r *http.Request, honest http.Handler) {
				switch {
				case r.URL.Path == "/trap":
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, "<!doctype html><iframe src=%q onload=\"document.title='loaded'\"></iframe>", link)
				case loose && !strings.HasSuffix(r.URL.Path, ".json"):
					page := httptest.NewRecorder()
					r.Header.Del("Accept-Encoding")
					honest.ServeHTTP(page, r)
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					_, _ = w.Write(page.Body.Bytes())
				default:
					honest.ServeHTTP(w, r)
				}
			})
			v := visit(t, b, o.address+"/trap")
			inside := eyes.Must(browser.Evaluate[string](v.Tab, `new Promise((done) => {
				const look = () => {
					if (document.title !== "loaded") return setTimeout(look, 50);
					let text = "";
					try { text = frames[0].document.querySelectorAll(".option").length + frames[0].document.body.innerText; } catch {}
					done(text);
				};
				look();
			})`))(t)
			if loose != strings.Contains(inside, "0Diese Seite steckt in einer anderen.") && loose != strings.Contains(inside, "0This page is inside another one.") {
				t.Errorf("in a frame of a page (forbidding: %v) it says %q", !loose, inside)
			}
			v.Close()
		}
	})
}

// TestNothingStays looks for what a visit leaves behind, and for what was asked of others.
func TestNothingStays(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, b *seat) {
		o := openOffice(t)
		poll := o.asks(voting.Draft{Question: "Antrag 12"})
		v := visit(t, b, o.link(poll, anna), germanReader)
		v.presses("Ja")
		v.presses("Verbindlich abgeben")
		v.sees("Ihre Stimme ist in der Urne.")
		left := eyes.Must(browser.Evaluate[string](v.Tab, `(async () => JSON.stringify([
			localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length, history.state,
			performance.getEntriesByType("resource").map((e) => e.name.replace(location.origin, "")).filter((n) => !/^\/v\/\w+\/(vote\.json|ballot)$/.test(n) && !n.startsWith("data:")),
		]))()`))(t)
		if left != `[0,0,"",0,null,[]]` {
			t.Errorf("storage, cookies, databases, history and requests are %s", left)
		}
		for _, ballot := range o.ballots() {
			if token := eyes.Must(o.Token(t.Context(), poll.ID, anna))(t); strings.Contains(ballot, token) {
				t.Error("the token was sent")
			}
		}
	})
}
