package call

import (
	"flag"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

// back is 5 s where the machine does nothing else (make soak).
var back = flag.Duration("back", 25*time.Second, "how long pictures and sound may be away after a restart of the bot")

// forging asks the server, from a page of the call, for what its holder may not have done. The page's own pass and
// door value are used as they went over the network.
const forging = `(() => {
	const real = window.fetch;
	window.fetch = (address, how) => {
		if (String(address).endsWith("/act")) globalThis.lastAct = how.body;
		return real(address, how);
	};
	globalThis.forge = async (what) => {
		const body = { ...JSON.parse(globalThis.lastAct), ...what };
		const r = await real(location.pathname + "/act", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
		return r.status;
	};
})();`

var threeDigits = regexp.MustCompile(`^\d{3}$`)

// From !call in an encrypted room to a call of a member in Chromium, one in Firefox and a guest who knocks: doors,
// names, moderation from call and chat, a restart of the bot in the middle, and the end.
func TestEvening(t *testing.T) {
	t.Parallel()
	e := newEvening(t, chromium, firefox)
	card := link.FindString(e.say(world.Chair, world.Group, "!call", `/r/\S+#`).Body)
	e.say(world.Chair, world.Group, "!call door knock", `^🚪 One by one`)
	e.say("anna", world.Group, "!call lock", `^Those who can do that here`)

	chair := e.enter(chromium, e.personal(world.Chair))
	anna := e.enter(firefox, e.personal("anna"))
	shows(t, chair, "2 people")
	seeAndHear(t, time.Minute, chair, anna)
	e.reads(world.Chair, world.Group, `(?i)2 people are in, since .*anna`)

	// A guest waits, is seen at the door in call and chat, and is let in from the chat. They take no member's name.
	guest := e.open(chromium, card, forging)
	must(t, guest.Join("anna"))
	shows(t, guest, "Is this you?")
	e.reads("anna", world.Direct, `^Is this you, anna, joining now`)
	must(t, guest.Click("#wait-no"))
	shows(t, guest, "Please take a name that no member has.")
	if _, err := browser.Evaluate[bool](guest, `(document.getElementById("name").value = "") === ""`); err != nil {
		t.Fatal(err)
	}
	must(t, guest.Join("Gustav <b>"))
	shows(t, guest, "Please wait")
	shows(t, chair, "Gustav <b> waits at the door.")
	e.reads(world.Chair, world.Group, `⏳ At the door: Gustav <b>`)
	e.say(world.Chair, world.Group, "!call admit gustav <b>", `^Let in: Gustav <b>`)
	shows(t, guest, "3 people")
	seeAndHear(t, time.Minute, guest)
	shows(t, chair, "guest")

	// A member comes in by the card's link: asked in the direct chat, they write the number of their own page, not that of
	// a stranger who has given the same name, and need not knock.
	stranger := e.open(chromium, card)
	must(t, stranger.Join("bernd"))
	shows(t, stranger, "Is this you?")
	e.reads("bernd", world.Direct, `^Is this you, bernd, joining now`)
	bernd := e.open(chromium, card)
	must(t, bernd.Join("bernd"))
	shows(t, bernd, "Is this you?")
	number, err := browser.Evaluate[string](bernd, `document.getElementById("waiting-number").textContent`)
	must(t, err)
	if !threeDigits.MatchString(number) {
		t.Fatalf("the page shows the number %q", number)
	}
	e.say("bernd", world.Direct, "yes", `^Please write the number that your browser shows`)
	e.say("bernd", world.Direct, number, `^✅ Your page lets you in`)
	shows(t, bernd, "4 people")
	seeAndHear(t, time.Minute, bernd)
	if badge, err := browser.Evaluate[string](bernd, `localStorage.getItem("badge " + location.pathname) ?? ""`); err != nil || badge == "" {
		t.Errorf("the browser keeps no badge: %v", err)
	}
	must(t, bernd.Leave())
	shows(t, chair, "3 people")
	shows(t, stranger, "Is this you?")
	stranger.Close()

	// What the guest writes by hand does nothing; their own hand goes up.
	who, err := browser.Evaluate[string](guest, `JSON.parse(globalThis.lastAct).identity`)
	must(t, err)
	if !strings.HasPrefix(who, "guest.") {
		t.Errorf("the guest is %s", who)
	}
	for _, what := range []string{`{do: "lock"}`, `{do: "mute-all"}`, `{do: "remove", who: "` + who + `"}`, `{do: "lock", badge: "x"}`, `{do: "hand", identity: "chair.x"}`} {
		status, err := browser.Evaluate[int](guest, `forge(`+what+`)`)
		if err != nil || status != 403 {
			t.Errorf("%s: %d, %v", what, status, err)
		}
	}
	must(t, guest.Click("#hand"))
	shows(t, anna, "1.")

	e.votes(chair, anna, guest)

	// From the call: muted, locked, and after a restart of the bot all are back, in the same room with the same key.
	must(t, chair.Click("#more"))
	must(t, chair.Click(`#people li:has([data-deed="lower"]) [data-deed="mute"]`))
	shows(t, guest, "The chair has switched your microphone off.")
	must(t, chair.Click("#lock"))
	shows(t, chair, "Unlock the call")
	e.reads(world.Chair, world.Group, `🔒 Locked`)
	must(t, chair.Click("#sheet-close"))
	from := time.Now()
	must(t, e.Bot.Restart(t.Context()))
	restarted := time.Now()
	seeAndHear(t, 30*time.Second, chair, anna)
	took := time.Since(restarted)
	t.Logf("the bot was away for %s; pictures and sound were back %s after that", restarted.Sub(from).Round(time.Millisecond), took.Round(time.Millisecond))
	if took > *back {
		t.Errorf("that is more than %s", *back)
	}
	shows(t, chair, "3 people")
	shows(t, anna, "1.")

	// Locked for a newcomer, too, and who is sent out stays out.
	late := e.open(chromium, card)
	must(t, late.Join("Ludwig"))
	shows(t, late, "The call is locked")
	late.Close()
	must(t, chair.Click("#more"))
	must(t, chair.Click(`#people li:has([data-deed="lower"]) [data-deed="remove"]`))
	shows(t, guest, "The chair has removed you")
	must(t, chair.Click("#sheet-close"))
	shows(t, chair, "2 people")
	guest.Close()
	if n, err := browser.Evaluate[int](chair, `document.querySelectorAll("b").length`); err != nil || n != 0 {
		t.Errorf("a name became markup: %d, %v", n, err)
	}

	// A new link: the old one opens nothing, nobody reads a name, and the call goes on by the new one.
	e.say(world.Chair, world.Group, "!call link new", `^The link is new`)
	fresh := e.People[world.Chair].Inbox.Link()
	for _, tab := range []*browser.Tab{chair, anna} {
		shows(t, tab, "The call has ended.")
		tab.Close()
	}
	old := e.open(chromium, card)
	shows(t, old, "This link is not valid")
	if text, err := old.Text(); err != nil || strings.Contains(text, "hair") {
		t.Errorf("the old link shows %q, %v", text, err)
	}
	old.Close()
	if fresh == card {
		t.Error("the new link is the old one")
	}
	e.say(world.Chair, world.Group, "!call unlock", `^The call is open again`)
	e.say(world.Chair, world.Group, "!call door open", `^🚪 The door is open`)
	two := []*browser.Tab{e.open(chromium, fresh), e.open(chromium, fresh)}
	for i, tab := range two {
		must(t, tab.Join("Guest "+strconv.Itoa(i)))
	}
	seeAndHear(t, time.Minute, two...)
	e.say(world.Chair, world.Group, "!call end", `^The call has ended`)
	for _, tab := range two {
		shows(t, tab, "The call has ended.")
	}
	e.reads(world.Chair, world.Group, `^📞 Call ended`)
}

// votes opens a vote of those who are in the call by their own link, who are two, and a guest with them: the guest is named
// before it opens, and gets no ballot.
func (e *evening) votes(chair, anna, guest *browser.Tab) {
	t := e.t
	t.Helper()
	e.say(world.Chair, world.Group, "!vote Do we like this page? --who call --rehearsal",
		`(?is)2 members are entitled to vote: anna, chair\n.*In the call as a guest, and not counted: gustav <b>\.`)
	e.say(world.Chair, world.Group, "start", `(?i)voting is open`)
	e.reads("anna", world.Direct, `(?i)ballot: do we like this page`)
	for _, member := range []*browser.Tab{chair, anna} {
		shows(t, member, "Vote: Do we like this page?")
		shows(t, member, "My ballot")
	}
	shows(t, guest, "A vote is under way. You have no ballot here.")
	link, err := browser.Evaluate[string](anna, `((way) => way.target === "_blank" ? way.href : "")(document.querySelector("#votes a"))`)
	must(t, err)
	ballot := e.open(chromium, link)
	shows(t, ballot, "Do we like this page?")
	ballot.Close()
	if n, err := browser.Evaluate[int](guest, `document.querySelectorAll("#votes a").length`); err != nil || n != 0 {
		t.Errorf("a guest gets %d ballots, %v", n, err)
	}
	e.say(world.Chair, world.Group, "!cancel", `(?i)draft: do we like this page`)
	e.say(world.Chair, world.Group, "cancel", `(?i)draft is cancelled`)
	for _, tab := range []*browser.Tab{chair, anna, guest} {
		isOver(t, tab)
	}
}

// isOver waits until a page shows no vote any more.
func isOver(t *testing.T, tab *browser.Tab) {
	t.Helper()
	must(t, browser.Until(limit(t, 45*time.Second), func() (string, error) {
		open, err := browser.Evaluate[bool](tab, `document.getElementById("votes").checkVisibility()`)
		if err != nil || !open {
			return "", err
		}
		return "the vote is still shown", nil
	}))
}
