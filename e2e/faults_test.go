package e2e

import (
	"context"
	"flag"
	"maps"
	"regexp"
	"slices"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/faults"
	"stimmbote/e2e/world"
)

// everyFault: the whole matrix takes five minutes.
var everyFault = flag.Bool("every-fault", false, "let every kind of fault happen at every endpoint")

// heardFrom waits for a message of a bot, in whatever room.
func heardFrom(ctx context.Context, t *testing.T, p *world.Person, bot id.UserID, pattern string) world.Message {
	t.Helper()
	re := regexp.MustCompile(pattern)
	m, err := p.Inbox.Find(ctx, func(m world.Message) bool {
		return m.Sender == bot && m.Unreadable == "" && re.MatchString(m.Body)
	}, 90*time.Second)
	if err != nil {
		t.Fatalf("%s waits for %s of %s: %v", p.Name, pattern, bot, err)
	}
	return m
}

// behind is a bot whose way to the homeserver leads through a proxy.
func behind(ctx context.Context, t *testing.T, w *world.World, proxy *faults.Proxy) *world.Bot {
	t.Helper()
	return another(ctx, t, w, func(config map[string]any) {
		config["matrix"].(map[string]any)["homeserver"] = proxy.URL
	})
}

// firstStart are the requests of a bot's first start, in which much is made once and for all.
var firstStart = []string{
	"POST /login", "POST /keys/query", "POST /keys/upload", "PUT /user/…/account_data", "POST /keys/device_signing/upload",
	"POST /keys/signatures/upload", "POST /user/…/filter", "GET /sync",
}

// The homeserver has done what it was asked, but its answer does not come: the first start goes on
// all the same, whichever answer it is.
func TestLostAnswersAtTheFirstStart(t *testing.T) {
	w := shared(t)
	for _, endpoint := range firstStart {
		ctx := limit(t, time.Minute)
		proxy, err := faults.New(w.Homeserver.URL)
		if err != nil {
			t.Fatal(err)
		}
		proxy.Rule(func(e string, n int) faults.Fault {
			if e == endpoint && n == 1 {
				return faults.Lost
			}
			return faults.None
		})
		b := behind(ctx, t, w, proxy)
		if err := b.Start(ctx); err != nil {
			t.Errorf("%s: %v", endpoint, err)
		} else if code, said := fetch(ctx, t, b.OpsURL+"/readyz"); code != 200 || proxy.Hits()[endpoint] != 1 {
			t.Errorf("%s: %d lost; %s", endpoint, proxy.Hits()[endpoint], said)
		}
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
		proxy.Close()
	}
}

// Whatever goes wrong at whatever endpoint, a bot comes into a group, answers, and reaches everybody
// in direct chats, and nobody gets anything twice. Each kind of request goes wrong the first time
// and the third.
func TestFaultsAtEveryEndpoint(t *testing.T) {
	chosen := []faults.Fault{faults.Limited, faults.Lost} // what took half a minute each, and found most
	if *everyFault {
		chosen = faults.All
	}
	t.Parallel()
	for _, fault := range chosen {
		t.Run(string(fault), func(t *testing.T) {
			w, ctx := common.enter(t), limit(t, 4*time.Minute)
			proxy, err := faults.New(w.Homeserver.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer proxy.Close()
			b := behind(ctx, t, w, proxy)
			if err := b.Start(ctx); err != nil {
				t.Fatal(err)
			}
			proxy.Rule(func(_ string, n int) faults.Fault {
				if n == 1 || n == 3 {
					return fault
				}
				return faults.None
			})
			defer func() {
				if err := b.Stop(); err != nil {
					t.Error(err)
				}
				if t.Failed() {
					t.Logf("its last words:\n%s", b.Log(25))
				}
				hits := proxy.Hits()
				for _, endpoint := range slices.Sorted(maps.Keys(hits)) {
					t.Logf("%d × %s: %s", hits[endpoint], fault, endpoint)
				}
			}()
			small(ctx, t, w, b)
		})
	}
}

// small is the story of a group of two and a bot.
func small(ctx context.Context, t *testing.T, w *world.World, b *world.Bot) {
	t.Helper()
	chair, anna := w.People[world.Chair], w.People["anna"]
	made, err := chair.Client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "private_chat", Invite: []id.UserID{anna.ID, b.ID},
		InitialState: []*event.Event{{
			Type: event.StateEncryption, StateKey: new(string),
			Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
		}},
		PowerLevelOverride: &event.PowerLevelsEventContent{Users: map[id.UserID]int{chair.ID: 100, b.ID: 50}},
	})
	if err != nil {
		t.Fatal(err)
	}
	room := made.RoomID
	eventually(ctx, t, func() bool {
		in, err := chair.Client.JoinedMembers(ctx, room)
		return err == nil && len(in.Joined) == 3
	}, func() string { return "not everybody comes into the group" })
	if _, err := chair.Client.State(ctx, room); err != nil {
		t.Fatal(err)
	}
	order := func(text string) {
		t.Helper()
		if _, err := chair.Client.SendText(ctx, room, text); err != nil {
			t.Fatal(err)
		}
	}
	order("!ping")
	heardFrom(ctx, t, chair, b.ID, `(?i)the bot works`)
	order("!probe")
	for _, p := range []*world.Person{chair, anna} {
		asked := heardFrom(ctx, t, p, b.ID, `(?i)probe for the next vote`)
		if _, err := p.Client.SendText(ctx, asked.Room, "here"); err != nil {
			t.Fatal(err)
		}
		heardFrom(ctx, t, p, b.ID, `(?i)you can be reached`)
	}
	heardFrom(ctx, t, anna, b.ID, `(?i)2 of 2 reachable`)

	for _, p := range []*world.Person{chair, anna} {
		said := map[string]int{}
		for _, m := range p.Inbox.All() {
			switch {
			case m.Sender != b.ID || m.Edits != "" || m.Redacts != "":
			case m.Unreadable != "":
				t.Errorf("%s cannot read a message: %s", p.Name, m.Unreadable)
			case !m.Encrypted:
				t.Errorf("%s got in clear: %s", p.Name, m.Body)
			default:
				said[string(m.Room)+m.Body]++
			}
		}
		for text, n := range said {
			if n != 1 {
				t.Errorf("%s got %d times: %s", p.Name, n, text)
			}
		}
	}
}
