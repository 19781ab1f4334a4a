package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
)

// What is easily done wrong with Matrix, and the tests that fail when it is:
//
//	the sync token is stored before what came with it was handled   TestTheTokenIsStoredByTheInboxOnly, TestWhatWasNotHandledComesAgain
//	right after joining, only some members are known                TestTheFirstWordIsForEverybody
//	who is invited or comes in while a key is handed out            TestWhoComesMeanwhileReads, TestAnInvitationIsNotForgotten, TestWhoComesInGetsANewKey
//	encryption that was just switched on                            TestARoomThatTurnsEncryptionOnGetsNothingInClear, TestInDoubtNothingIsSaid
//	old events in the first response                                TestHearsOnlyWhatIsSaidToIt, TestAGroupIsEnteredOnce
//	long absences leave gaps                                        TestALongAbsenceLosesNothing
//	handlers that fail, panic or take long                          TestAMessageThatCannotBeHandledIsLeftOut, TestWhoeverFloodsHoldsUpNobodyElse
//	keys that come late, or never                                   TestAMessageWaitsForItsKey, TestTheBotAsksForALostKey, TestAMessageWithoutItsKeyIsNoticed
//	a death between opening a letter and storing its key            TestALetterIsOpenedWithWhatItBrings
//	rate limits, in headers or bodies                               TestUnderLimitsEverythingIsSaidOnceAndInTime
//	logging in too often                                            TestLogsInOnceAndKeepsItsDevice
//	sending twice                                                   TestSaysEachThingOnceInOrder, TestADeathBetweenSendAndMarkSaysNothingTwice, TestWhatMayBeOnItsWayWaits
//	making rooms twice                                              TestADirectRoomWhoseAnswerWasLostIsUsed, TestARoomMadeBeforeADeathIsUsed
//	people who block, ignore or have no signed device               TestHowSomebodyCanBeReached, TestSignedDevicesAreTrustedAndOthersAreNot, TestASecretAfterWordsToAGroup
//	presets that give a person all power, history that others get   TestADirectRoomIsForTheTwo
//	a third one in a direct room                                    TestASecretNeverGoesWhereAThirdIs
//	plaintext forged into an encrypted room                         TestAForgedMessageIsKnownByItsLackOfEncryption; bot: TestUnencryptedGroup
//	own keys that open what was said and answered                   TestKeysForSayingAreNotStored, TestNothingOpensWhatWasBurned
//	own words, notices and edits taken for commands                 TestHearsOnlyWhatIsSaidToIt; bot: TestAnEditIsNoCommand
//	creators above all in new rooms                                 TestACreatorMayEverything
//	rooms that are replaced                                         TestAGroupIsFollowedIntoItsNewRoom
//	logs that tell what was said                                    TestLogsSayNothing

// Of a room that the bot has just joined, a response need not name everybody; what is said first is for all of
// them. And the bot never asks for fewer to be named.
func TestTheFirstWordIsForEverybody(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	hs.few = true
	p := newPeer(t, hs, "anna", true)
	room := hs.makeRoom(true, anna, eve)
	r := start(t, hs, t.TempDir())
	hs.member(room, bot, "invite")
	eventually(t, func() error {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		if room.membership(bot) != "join" {
			return errors.New("not joined")
		}
		return nil
	})
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "hello"})
	p.reads(t, "hello ")
	filter, err := json.Marshal(hs.filter)
	if err != nil || strings.Contains(string(filter), "lazy_load_members") || len(filter) < 10 {
		t.Errorf("the filter is %s, %v", filter, err)
	}
}

// Since room version 12, creators are in no list of powers.
func TestACreatorMayEverything(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	empty := ""
	hs.mu.Lock()
	room.state["m.room.create "]["content"] = object{"room_version": "12", "additional_creators": []string{eve}}
	hs.add(room, anna, "m.room.power_levels", &empty, object{"users": object{bot: 50}, "users_default": 0})
	hs.mu.Unlock()
	r := start(t, hs, t.TempDir())
	for user, least := range map[string]int{anna: 101, eve: 101, bot: 50} {
		if got, err := r.Power(t.Context(), room.id, user); err != nil || got < least || user == bot && got != 50 {
			t.Errorf("%s may %d, %v, want at least %d", user, got, err, least)
		}
	}
}

// The homeserver can say anything in anybody's name, but not encrypted: whoever hears it learns that.
func TestAForgedMessageIsKnownByItsLackOfEncryption(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, p, room := answering(t, hs, t.TempDir())
	p.say(t, room, "1")
	hs.say(room, anna, "2")
	r.heard(t, "1", "2")
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	if m := r.bot.heard; !m[0].Encrypted || !m[0].Trusted || m[1].Encrypted || m[1].Trusted {
		t.Errorf("heard %+v", m)
	}
}

// Whoever writes without end is heard to the end, and everybody else meanwhile.
func TestWhoeverFloodsHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	flooded, quiet := hs.makeRoom(false, eve, bot), hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	served := make(chan struct{})
	r.bot.onSaid = func(ctx context.Context, m Message) error {
		if m.Sender == anna {
			close(served)
			return nil
		}
		select {
		case <-served: // the first of the flood lasts until somebody else was served
		case <-ctx.Done():
		}
		return nil
	}
	for i := range 500 {
		hs.say(flooded, eve, fmt.Sprint("flood ", i))
	}
	hs.say(quiet, anna, "hello")
	eventually(t, func() error {
		if n := len(r.bot.bodies()); n != 501 {
			return fmt.Errorf("heard %d", n)
		}
		return nil
	})
}

// logbook is what is logged.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logbook) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(line)
}

// Below the level of the protocol itself, nobody who reads the log learns who said what, not even where nothing
// is encrypted and one request of seven fails.
func TestLogsSayNothing(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	dir := t.TempDir()
	r := open(t, hs, dir, Config{Password: password})
	v, err := store.OpenVault(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	var book logbook
	if r.Line, err = New(Config{Homeserver: hs.URL, User: "bot", Password: password}, r.store, v, zerolog.New(&book).Level(zerolog.DebugLevel)); err != nil {
		t.Fatal(err)
	}
	r.second = 5 * time.Millisecond
	r.run(t)
	eventually(t, func() error {
		if !r.Ready() {
			book.mu.Lock()
			defer book.mu.Unlock()
			return errors.New("not ready")
		}
		return nil
	})
	n := 0
	hs.mu.Lock()
	hs.fault = func(*http.Request) int {
		if n++; n%7 == 0 {
			return 500
		}
		return 0
	}
	hs.mu.Unlock()
	hs.say(room, anna, "what anna says")
	r.heard(t, "what anna says")
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "words", Payload: []byte("of the bot")}, Delivery{Key: "2", Person: anna, Kind: "ballot", Secret: true})
	r.sent(t)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"anna says", "of the bot", "words of", password, "token1", anna} {
		if strings.Contains(book.text.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, book.text.String())
		}
	}
	if !strings.Contains(book.text.String(), "Logged in") {
		t.Error("nothing is in the log")
	}
}

// What was said bears the time of this machine, however wrong the homeserver's clock is.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{time.Hour, -time.Hour} {
		hs := newHomeserver(t)
		hs.ahead = ahead
		room := hs.makeRoom(false, anna, bot)
		r := start(t, hs, t.TempDir())
		before := time.Now()
		hs.say(room, anna, "now")
		r.heard(t, "now")
		r.bot.mu.Lock()
		at := r.bot.heard[0].At
		r.bot.mu.Unlock()
		if at.Before(before.Add(-time.Minute)) || at.After(time.Now().Add(time.Minute)) {
			t.Errorf("with a clock ahead by %s, said at %s, want %s", ahead, at, before)
		}
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	var c clock
	told := 0
	c.tell = func(time.Duration) { told++ }
	for i, s := range []struct {
		ahead time.Duration
		quick bool
		want  time.Duration
	}{
		{2 * time.Second, true, 0},
		{-10 * time.Second, false, 0}, // the answer was late, not the clock
		{10 * time.Second, false, 10 * time.Second},
		{5 * time.Second, false, 10 * time.Second},
		{5 * time.Second, true, 5 * time.Second},
		{time.Hour, true, time.Hour},
		{-time.Hour, true, -time.Hour},
		{0, true, 0},
	} {
		c.read(s.ahead, s.quick)
		if got := time.Duration(c.ahead.Load()); got != s.want {
			t.Errorf("%d: %s, want %s", i, got, s.want)
		}
	}
	if told != 1 {
		t.Errorf("told %d times, want once", told)
	}
}
