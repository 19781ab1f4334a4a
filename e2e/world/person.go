package world

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Person is somebody with a Matrix client: encrypting, cross-signed, and as
// strict as current clients are (no keys for devices that nobody signed). It
// accepts every invitation and otherwise does only what it is told.
type Person struct {
	Name     string
	ID       id.UserID
	Password string
	Token    string
	// RecoveryKey lets another client of this person sign itself.
	RecoveryKey string
	Client      *mautrix.Client
	Inbox       *Inbox

	world  *World
	helper *cryptohelper.CryptoHelper
	crypto sync.Mutex // held while it writes, and while it takes in what a sync brings
	mu     sync.Mutex
	direct map[id.RoomID]bool // rooms alone with the bot
	waited map[id.EventID]int // how often a message's key was waited for
	synced chan struct{}
}

// join makes a person: an account, a signed device, a sync that runs until the
// world ends.
func (w *World) join(ctx context.Context, name string) (*Person, error) {
	p, err := w.sleeper(ctx, name)
	if err != nil {
		return nil, err
	}
	return p, p.wake(ctx)
}

// sleeper makes a person who has an account and a signed device, and does not sync yet.
func (w *World) sleeper(ctx context.Context, name string) (*Person, error) {
	p := &Person{
		Name: name, Password: randomHex(5), Inbox: newInbox(),
		world: w, direct: map[id.RoomID]bool{}, waited: map[id.EventID]int{}, synced: make(chan struct{}),
	}
	a, err := w.Homeserver.register(ctx, name, p.Password)
	if err != nil {
		return nil, err
	}
	p.ID, p.Token = id.UserID(a.UserID), a.Token
	if err := p.connect(ctx, id.DeviceID(a.DeviceID)); err != nil {
		return nil, fmt.Errorf("connecting %s: %w", name, err)
	}
	return p, nil
}

// wake starts the sync, and returns after the first.
func (p *Person) wake(ctx context.Context) error {
	p.world.goes.Go(p.sync)
	select {
	case <-p.synced:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("first sync of %s: %w", p.Name, ctx.Err())
	}
}

func (p *Person) connect(ctx context.Context, device id.DeviceID) error {
	cli, err := mautrix.NewClient(p.world.Homeserver.URL, p.ID, p.Token)
	if err != nil {
		return err
	}
	cli.DeviceID = device
	cli.Log = p.world.log.With().Str("person", p.Name).Logger()
	cli.SyncPresence = event.PresenceOffline
	syncer := &eager{mautrix.NewDefaultSyncer(), &p.crypto}
	cli.Syncer = syncer
	// In a file, since the store in memory is not safe for sending while syncing;
	// without waiting for the disk, since nobody will need it tomorrow.
	db, err := dbutil.NewWithDialect("file:"+filepath.Join(p.world.Dir, "people", p.Name+".db")+
		"?_txlock=immediate&_foreign_keys=on&_journal_mode=WAL&_synchronous=OFF&_busy_timeout=5000", "sqlite3")
	if err != nil {
		return err
	}
	helper, err := cryptohelper.NewCryptoHelper(cli, []byte(p.Password), db)
	if err != nil {
		return err
	}
	helper.DecryptErrorCallback = p.unreadable
	if err := helper.Init(ctx); err != nil {
		return err
	}
	helper.Machine().SendKeysMinTrust = id.TrustStateCrossSignedTOFU
	cli.Crypto = helper
	p.Client, p.helper = cli, helper
	// Before the first sync or send: device keys ride in every message, and
	// unsigned ones would be believed until a restart.
	if p.RecoveryKey, err = helper.Machine().GenerateAndVerifyWithRecoveryKey(ctx); err != nil {
		return err
	}
	syncer.OnEventType(event.StateMember, p.invited)
	syncer.OnEventType(event.EventMessage, p.received)
	syncer.OnEventType(event.EventSticker, p.received)
	syncer.OnEventType(event.EventUnstablePollStart, p.asked)
	syncer.OnEventType(event.EventRedaction, p.redaction)
	var first sync.Once
	syncer.OnSync(func(context.Context, *mautrix.RespSync, string) bool {
		first.Do(func() { close(p.synced) })
		return true
	})
	return nil
}

// eager comes back soon after a failed sync: the homeserver of a world is
// stopped and started by its scripts.
type eager struct {
	*mautrix.DefaultSyncer
	crypto *sync.Mutex
}

func (*eager) OnFailedSync(*mautrix.RespSync, error) (time.Duration, error) {
	return 300 * time.Millisecond, nil
}

// ProcessResponse does not take a missing number of one-time keys for none left:
// the machine would upload fifty more each time, and forget the oldest, which the
// homeserver still gives away. At -1 it asks for the number. Nobody writes meanwhile,
// since mautrix guards its own cross-signing keys by nothing.
func (e *eager) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	if resp.DeviceOTKCount.SignedCurve25519 == 0 {
		resp.DeviceOTKCount.SignedCurve25519 = -1
	}
	e.crypto.Lock()
	defer e.crypto.Unlock()
	return e.DefaultSyncer.ProcessResponse(ctx, resp, since)
}

func (p *Person) sync() {
	ctx := zerolog.Nop().WithContext(p.world.ctx)
	defer p.helper.Close()
	for p.world.ctx.Err() == nil {
		if err := p.Client.SyncWithContext(ctx); err != nil && p.world.ctx.Err() == nil {
			p.Client.Log.Err(err).Msg("Sync ended")
		}
	}
}

// enter joins a room and reads who is in it: a first message sent without
// knowing that is encrypted for hardly anybody.
func (p *Person) enter(ctx context.Context, room id.RoomID) error {
	if _, err := p.Client.JoinRoomByID(ctx, room); err != nil {
		return err
	}
	_, err := p.Client.State(ctx, room)
	return err
}

func (p *Person) chat(room id.RoomID) Chat {
	if room == p.world.Group() {
		return Group
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.direct[room] {
		return Direct
	}
	return Elsewhere
}

func (p *Person) isDirect(room id.RoomID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.direct[room] = true
}

// Say says something in a chat and returns the event.
func (p *Person) Say(ctx context.Context, chat Chat, text string) (id.EventID, error) {
	return p.Send(ctx, chat, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgText, Body: text, Mentions: &event.Mentions{},
	})
}

// Send sends an event of any type into a chat: the group, or the room where the
// bot has last written to this person.
func (p *Person) Send(ctx context.Context, chat Chat, kind event.Type, content any, how ...mautrix.ReqSendEvent) (id.EventID, error) {
	room, err := p.Room(chat)
	if err != nil {
		return "", err
	}
	p.crypto.Lock()
	defer p.crypto.Unlock()
	sent, err := p.Client.SendMessageEvent(ctx, room, kind, content, how...)
	if err != nil {
		return "", fmt.Errorf("sending as %s: %w", p.Name, err)
	}
	return sent.EventID, nil
}

// Sealed says something in a chat, as Say does, and returns what the homeserver is given of it as well.
func (p *Person) Sealed(ctx context.Context, chat Chat, text string) (id.EventID, *event.EncryptedEventContent, error) {
	room, err := p.Room(chat)
	if err != nil {
		return "", nil, err
	}
	p.crypto.Lock()
	sealed, err := p.Client.Crypto.Encrypt(ctx, room, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgText, Body: text, Mentions: &event.Mentions{},
	})
	p.crypto.Unlock()
	if err != nil {
		return "", nil, fmt.Errorf("encrypting as %s: %w", p.Name, err)
	}
	sent, err := p.Send(ctx, chat, event.EventEncrypted, sealed)
	return sent, sealed, err
}

// ErrNoDirect means that the bot has not written to this person alone.
var ErrNoDirect = errors.New("the bot has not written to this person in a direct chat")

// Room is the room behind a chat.
func (p *Person) Room(chat Chat) (id.RoomID, error) {
	if chat == Group {
		return p.world.Group(), nil
	}
	var room id.RoomID
	for _, m := range p.Inbox.All() {
		if m.Chat == Direct && m.Bot {
			room = m.Room
		}
	}
	if room == "" {
		return "", ErrNoDirect
	}
	return room, nil
}

// AwaitDirect waits until the bot has written to this person alone.
func (p *Person) AwaitDirect(ctx context.Context, within time.Duration) error {
	_, err := p.Inbox.Find(ctx, func(m Message) bool { return m.readable(Direct) }, within)
	if errors.Is(err, ErrNothing) {
		return ErrNoDirect
	}
	return err
}

// WriteToBot opens a direct chat from this person's side and says something.
func (p *Person) WriteToBot(ctx context.Context, text string) error {
	made, err := p.Client.CreateRoom(ctx, &mautrix.ReqCreateRoom{
		Preset: "trusted_private_chat", IsDirect: true, Invite: []id.UserID{p.world.Bot.ID},
		InitialState: []*event.Event{encryption()},
	})
	if err != nil {
		return fmt.Errorf("opening a direct chat as %s: %w", p.Name, err)
	}
	p.isDirect(made.RoomID)
	if err := p.enter(ctx, made.RoomID); err != nil {
		return fmt.Errorf("reading the direct chat of %s: %w", p.Name, err)
	}
	if err := p.world.joined(ctx, p, made.RoomID, 2); err != nil {
		return err
	}
	if _, err := p.Client.State(ctx, made.RoomID); err != nil {
		return err
	}
	p.crypto.Lock()
	defer p.crypto.Unlock()
	_, err = p.Client.SendText(ctx, made.RoomID, text)
	return err
}

func encryption() *event.Event {
	return &event.Event{
		Type: event.StateEncryption, StateKey: new(string),
		Content: event.Content{Parsed: &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}},
	}
}
