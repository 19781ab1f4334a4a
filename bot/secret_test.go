package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const annasPage = "https://anna.example/booth.html"

// secretCircle is a circle in which anna's machine serves the ballot page; pages are as they are fetched.
func secretCircle(t *testing.T, pages map[string]string) *circle {
	t.Helper()
	return gathered(t, func(r *real) {
		if r.owner == user("anna") {
			r.booth = annasPage
		}
		r.fetch = func(_ context.Context, url string) ([]byte, error) {
			for begin, page := range pages {
				if strings.HasPrefix(url, begin) {
					return []byte(page), nil
				}
			}
			return nil, errors.New("there is no such page")
		}
	})
}

// rightPages are pages as they should be.
func rightPages() map[string]string {
	return map[string]string{annasPage: string(rightPage), "http://127.0.0.1:8480/v/": string(rightPage)}
}

// TestSecret holds a secret vote: sealed by its voters alone, on the page of a teller's machine.
func TestSecret(t *testing.T) {
	c := secretCircle(t, rightPages())
	c.expect(`(?s)ballot page: https://anna.example/booth.html`, "group")
	c.say("chair", "!vote Shall we adopt motion 12? --level secret")
	c.expect(`(?s)Secret: nobody sees your answer.*whoever runs the bot, Anna, Bernd\. The page comes from: anna\.example.*cannot be changed|first vote`, "group")
	c.say("chair", "start")
	if p := c.poll(); p.State != voting.StateOpen || p.Level() != voting.Secret || !p.Terms.NoRevote {
		t.Fatalf("it is %s at the level %v; said was:\n%s", p.State, p.Level(), list(c.sent))
	}
	c.expect(`(?s)Secret: nobody sees your answer.*The first vote counts and cannot be changed afterwards\.\n.*https://anna.example/booth.html#`, "eva")
	if page, _, _, address := c.linkOf("anna"); page != annasPage || !strings.HasPrefix(address, "http://127.0.0.1:8480/v/") {
		t.Errorf("the link leads to %s and names %s", page, address)
	}
	c.tells("eva", "1")
	c.expect(`(?s)there are no answers here in the chat.*https://anna.example/booth.html#`, "eva")
	for _, name := range people {
		if _, err := c.casts(c.sealed(name, voting.Yes)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.casts(c.sealed("eva", voting.No))
	if !errors.Is(err, voting.ErrUsed) {
		t.Errorf("a second ballot: %v", err)
	}
	for range 3 {
		c.later(2 * time.Minute)
	}
	if !c.told(`Result: adopted`) || c.gave() != 2 {
		t.Errorf("there is no result; said was:\n%s", list(c.sent))
	}
}

// TestElectionsAreSecret where they can be, and say so where they cannot.
func TestElectionsAreSecret(t *testing.T) {
	c := secretCircle(t, rightPages())
	c.new()
	c.say("chair", "!election Treasurer? Clara | Deniz")
	c.expect(`Secret: nobody`, "group")
	c.say("chair", "change level shared")
	c.say("chair", "!election Treasurer? Clara | Deniz --level shared")
	if fresh := c.new(); find(fresh, "group", `Confidential, shared key`) == nil || find(fresh, "group", `Not secret`) != nil {
		t.Errorf("at a wish it is not shared, or has an excuse:\n%s", list(fresh))
	}
	c.say("chair", "!vote Motion 12? --sealed --booth http://127.0.0.1:9999/booth.html")
	c.expect(`(?s)Confidential, shared key.*\nNot secret: .* another host than mine`, "group") // that is the bot's own host
	c.say("chair", "!vote Motion 12? --sealed --booth https://club.example/booth.html")
	c.expect(`Secret: nobody`, "group")
	other := gathered(t, nil)
	other.new()
	other.say("chair", "!vote Motion 12? --level secret")
	other.expect(`Secret takes a ballot page that does not come from me`, "group")
	other.say("chair", "!election Treasurer? Clara | Deniz")
	other.expect(`(?s)Confidential, shared key.*\nNot secret: for that .*a teller's machine`, "group")
	other.say("chair", "!vote Motion 12?")
	if find(other.new(), "group", `Not secret`) != nil {
		t.Error("a usual vote has an excuse")
	}
}

// TestForgedPages: a page that is not the right one is an alarm, before the opening and while people vote.
func TestForgedPages(t *testing.T) {
	for name, address := range map[string]string{"the bot's": "http://127.0.0.1:8480/v/", "the other": annasPage} {
		host := map[string]string{"the bot's": "127.0.0.1:8480", "the other": "anna.example"}[name]
		for _, later := range []bool{false, true} {
			pages := rightPages()
			c := secretCircle(t, pages)
			c.say("chair", "!vote Shall we adopt motion 12? --level secret")
			if !later {
				pages[address] = "<title>Ballot</title><script>evil()</script>"
			}
			c.say("chair", "start")
			if later {
				if p := c.poll(); p.State != voting.StateOpen {
					t.Fatalf("%s: it is %s", name, p.State)
				}
				c.later(time.Second)
				pages[address] = "<title>Ballot</title><script>evil()</script>"
				c.later(2 * leastLookInTests)
			}
			if !c.told(`(?s)Alarm.*The ballot page of ` + regexp.QuoteMeta(host) + ` is not the one that I have`) {
				t.Errorf("%s, later %v: nobody read of it; said was:\n%s", name, later, list(c.sent))
			}
			if !later {
				if p := c.poll(); p != nil && p.State == voting.StateOpen {
					t.Errorf("%s: it is open", name)
				}
				continue
			}
			for _, one := range people {
				if _, err := c.casts(c.sealed(one, voting.Yes)); err != nil {
					t.Fatal(err)
				}
			}
			for range 4 {
				c.later(2 * time.Minute)
			}
			if c.gave() != 0 || c.told(`Result: `) {
				t.Errorf("%s: there is a result all the same", name)
			}
		}
	}
}

// TestListsOfPages: whichever pages a bot that lies names, the one elsewhere is looked at.
func TestListsOfPages(t *testing.T) {
	for name, test := range map[string]struct {
		named []string
		later bool
	}{
		"so many that the other is the fifth": {[]string{"http://127.0.0.1:8480/v/1", "http://127.0.0.1:8480/v/2", "http://127.0.0.1:8480/v/3", "http://127.0.0.1:8480/v/4"}, false},
		"none":                                {nil, true},
	} {
		pages := rightPages()
		c := secretCircle(t, pages)
		c.tamper = func(p *passing) {
			if p.Kind == parley.Asked {
				question := *p.Question
				question.Pages = test.named
				p.Question = &question
			}
		}
		c.say("chair", "!vote Shall we adopt motion 12? --level secret")
		if !test.later {
			pages[annasPage] = "<title>Ballot</title><script>evil()</script>"
		}
		c.say("chair", "start")
		if test.later {
			c.later(time.Second)
			pages[annasPage] = "<title>Ballot</title><script>evil()</script>"
			c.later(2 * leastLookInTests)
		}
		if !c.told(`(?s)Alarm.*The ballot page of anna.example is not the one that I have`) {
			t.Errorf("%s: nobody read of it; said was:\n%s", name, list(c.sent))
		}
	}
}

// TestPageThatTheVoteDoesNotUse: machines look at each other's pages, too, where people vote in the chat alone.
func TestPageThatTheVoteDoesNotUse(t *testing.T) {
	pages := rightPages()
	c := secretCircle(t, pages)
	c.say("chair", "!vote Shall we adopt motion 12?")
	pages[annasPage] = "<title>Ballot</title><script>evil()</script>"
	c.say("chair", "start")
	if !c.told(`(?s)Alarm.*The ballot page of anna.example is not the one that I have`) || c.poll().State == voting.StateOpen {
		t.Errorf("nobody read of it, or it is open; said was:\n%s", list(c.sent))
	}
}

// TestEarlyKeys: a key that comes before its question counts, whatever strangers published before.
func TestEarlyKeys(t *testing.T) {
	c := newCircle(t)
	annas, bernds := user("anna-box"), user("bernd-box")
	for i := range 30 {
		record := parley.Record{Kind: parley.Key, Poll: voting.ID(fmt.Sprintf("Stranger%d", i)), Public: "{}"}
		c.arrive(&passing{from: user("eva"), to: annas, Record: record})
	}
	var asked passing
	c.tamper = func(p *passing) {
		switch {
		case p.to == annas && p.Kind == parley.Asked:
			asked, p.drop = *p, true
		case p.to == annas && p.Kind == parley.Key && p.from == bernds:
			early := *p
			c.arrive(&early)
			c.arrive(&asked)
			p.drop = true
		}
	}
	c.say("chair", "start")
	if p := c.poll(); p.State != voting.StateOpen {
		t.Errorf("it is %s; said was:\n%s", p.State, list(c.sent))
	}
}

// TestCloseThatMachinesRefuse: the bot does not close a vote before its time in a way that costs the result.
func TestCloseThatMachinesRefuse(t *testing.T) {
	for name, spoil := range map[string]func(c *circle, m *chat.Message){
		"from a device that is not verified": func(_ *circle, m *chat.Message) { m.Trusted = false },
		"by a right that machines do not know": func(c *circle, m *chat.Message) {
			c.say("chair", "!rights close everybody")
			m.Sender = user("eva")
		},
	} {
		c := newCircle(t)
		c.say("chair", "start")
		p := c.poll()
		for _, person := range people[:5] {
			c.tells(person, "1")
		}
		m := c.message("chair", "!close 1", false)
		spoil(c, &m)
		c.hear(m)
		c.settle()
		if !c.told(`machines look for themselves who closes`) {
			t.Errorf("%s: it is not refused; said was:\n%s", name, list(c.sent))
		}
		if now, err := c.bot.Polls.Poll(t.Context(), p.ID); err != nil || now.State != voting.StateOpen {
			t.Errorf("%s: it is %v, %v", name, now, err)
		}
		m.Body = "!close a" // a letter of the question, and of the other one
		for _, r := range c.machines {
			if err := r.k.Said(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		closed, err := c.bot.Polls.Close(t.Context(), p.ID, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.bot.Line.Queue(t.Context(), later(closed, "closed", kindClosed)); err != nil {
			t.Fatal(err)
		}
		c.goOn()
		c.later(20 * time.Second)
		if n := c.gave(); n != 0 || !c.told(`closed before its time`) {
			t.Errorf("%s: %d parts; said was:\n%s", name, n, list(c.sent))
		}
	}
}

// TestFilesOfStrangers: whoever has no say cannot make the bot or a machine fetch a file.
func TestFilesOfStrangers(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	head, err := parley.Head(parley.Key, c.poll().ID)
	if err != nil {
		t.Fatal(err)
	}
	m := c.message("eva", "", false)
	m.Kind, m.Record, m.File = chat.Record, head, new(chat.Attached)
	before := c.line.fetched
	c.hear(m)
	if n := c.line.fetched - before; n != 0 {
		t.Errorf("the bot fetched %d files", n)
	}
	for _, r := range c.machines {
		before := r.line.fetched
		if err := r.k.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if n := r.line.fetched - before; n != 0 {
			t.Errorf("%s fetched %d files", r.account, n)
		}
	}
}

// leastLookInTests is how long a machine may wait between two looks at a page.
const leastLookInTests = 20 * time.Second
