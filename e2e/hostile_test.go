package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/world"
)

// groupOf makes a group of the chair, anna and a bot.
func groupOf(ctx context.Context, t *testing.T, w *world.World, b *world.Bot, encrypted bool) id.RoomID {
	t.Helper()
	chair, anna := w.People[world.Chair], w.People["anna"]
	req := &mautrix.ReqCreateRoom{
		Preset: "private_chat", Invite: []id.UserID{anna.ID, b.ID},
		PowerLevelOverride: &event.PowerLevelsEventContent{Users: map[id.UserID]int{chair.ID: 100, b.ID: 50}},
	}
	made, err := chair.Client.CreateRoom(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	if encrypted {
		encrypt(ctx, t, w, made.RoomID)
	}
	eventually(ctx, t, func() bool {
		in, err := chair.Client.JoinedMembers(ctx, made.RoomID)
		return err == nil && len(in.Joined) == 3
	}, func() string { return "not everybody comes into the group" })
	if _, err := chair.Client.State(ctx, made.RoomID); err != nil {
		t.Fatal(err)
	}
	return made.RoomID
}

// encrypt switches encryption on.
func encrypt(ctx context.Context, t *testing.T, w *world.World, room id.RoomID) {
	t.Helper()
	content := &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}
	if _, err := w.People[world.Chair].Client.SendStateEvent(ctx, room, event.StateEncryption, "", content); err != nil {
		t.Fatal(err)
	}
}

// asks lets the chair say something and waits for an answer that was not there before.
func asks(ctx context.Context, t *testing.T, w *world.World, b *world.Bot, room id.RoomID, command, pattern string) world.Message {
	t.Helper()
	chair := w.People[world.Chair]
	from := chair.Inbox.Len()
	if _, err := chair.Client.SendText(ctx, room, command); err != nil {
		t.Fatal(err)
	}
	for i := from; ; i++ {
		m, err := chair.Inbox.At(ctx, i)
		if err != nil {
			t.Fatalf("no answer to %s: %v; its last words:\n%s", command, err, b.Log(20))
		}
		if m.Sender == b.ID && m.Room == room && regexp.MustCompile(pattern).MatchString(m.Body) {
			return m
		}
	}
}

// Whoever ends all sessions of the account, to be on the safe side, deletes the bot's device. It ends and says
// why; started again it is the same device, which others trust.
func TestAllSessionsEnded(t *testing.T) {
	w, ctx := shared(t), limit(t, 3*time.Minute)
	b := another(ctx, t, w, nil)
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	room := groupOf(ctx, t, w, b, true)
	asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`)

	client, err := mautrix.NewClient(w.Homeserver.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Password: b.Password, StoreCredentials: true,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: b.ID.Localpart()},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.LogoutAll(ctx); err != nil {
		t.Fatal(err)
	}
	ended, err := b.Ended(ctx, time.Minute)
	if err != nil || ended.ExitCode() != 3 || !strings.Contains(b.Log(5), "session") {
		t.Fatalf("it ends with %v, %v, want status 3; its last words:\n%s", ended, err, b.Log(5))
	}
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if m := asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`); !m.Encrypted || !m.Trusted {
		t.Errorf("after it was started again it says %+v", m)
	}
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
}

// The homeserver can put anything into an encrypted room in anybody's name, but not encrypted: nothing comes of
// what it takes power to say.
func TestForgedInClear(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	chair := w.People[world.Chair]
	forged := func(body string) {
		t.Helper()
		if _, err := chair.Send(ctx, world.Group, event.EventMessage, text(event.MsgText, body), mautrix.ReqSendEvent{DontEncrypt: true}); err != nil {
			t.Fatal(err)
		}
	}
	from := chair.Inbox.Len()
	forged("!vote Shall the chair be paid?")
	hear(ctx, t, chair, world.Group, `(?i)not encrypted`)
	say(ctx, t, chair, world.Group, "!vote Shall we sing?")
	hear(ctx, t, chair, world.Group, `(?i)draft[\s\S]*sing`)
	forged("start")
	say(ctx, t, chair, world.Group, "!ping")
	hear(ctx, t, chair, world.Group, `(?i)^the bot works`)
	if n := count(chair, from, world.Group, `(?i)paid|voting is open`); n != 0 {
		t.Errorf("a forged message had %d answers", n)
	}
}

// A group that has talked in clear turns encryption on, and the bot is asked in the same breath.
func TestEncryptionTurnedOn(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	b := another(ctx, t, w, nil)
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	room := groupOf(ctx, t, w, b, false)
	if m := asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`); m.Encrypted {
		t.Errorf("in clear it says %+v", m)
	}
	encrypt(ctx, t, w, room)
	if m := asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`); !m.Encrypted || !m.Trusted {
		t.Errorf("after that it says %+v", m)
	}
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
}

// A disk that is full stops nothing for good: the bot says so, and does what it was asked when there is room.
func TestADiskThatIsFull(t *testing.T) {
	if err := exec.Command("unshare", "--user", "--map-root-user", "--mount", "true").Run(); err != nil {
		t.Log("this machine lets nobody make a small disk of their own: ", err)
		return
	}
	w, ctx := shared(t), limit(t, 3*time.Minute)
	dir := t.TempDir()
	b := another(ctx, t, w, func(config map[string]any) {
		config["store"] = map[string]any{"dir": filepath.Join(dir, "disk", "store")}
	})
	// A small disk that only the bot sees.
	script := fmt.Sprintf("#!/bin/sh\nset -e\nmount -t tmpfs -o size=4m tmpfs '%[1]s/disk'\nmkdir '%[1]s/disk/store'\necho $$ >'%[1]s/pid'\nexec '%[2]s' \"$@\"\n", dir, b.Binary)
	for name, content := range map[string]string{
		"inside": script,
		"run":    fmt.Sprintf("#!/bin/sh\nexec unshare --user --map-root-user --mount '%s/inside' \"$@\"\n", dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.Binary = filepath.Join(dir, "run")
	if err := b.Start(ctx); err != nil {
		t.Fatal(err)
	}
	room := groupOf(ctx, t, w, b, true)
	asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`)

	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(pid)))
	if err != nil {
		t.Fatal(err)
	}
	filler := fmt.Sprintf("/proc/%d/root%s/disk/filler", n, dir)
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); err == nil {
		t.Fatal("the disk is larger than it should be")
	}
	chair := w.People[world.Chair]
	if _, err := chair.Client.SendText(ctx, room, "!help"); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, func() bool { return strings.Contains(strings.ToLower(b.Log(20)), "full") },
		func() string { return "it says nothing of the disk:\n" + b.Log(20) })
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if t.Failed() {
			t.Logf("its last words:\n%s", b.Log(20))
		}
	}()
	heardFrom(ctx, t, chair, b.ID, `(?i)!call[\s\S]*!vote[\s\S]*!ping`)
	asks(ctx, t, w, b, room, "!ping", `(?i)the bot works`)
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
}
