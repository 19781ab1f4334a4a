package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/world"
)

// opensNothing is what somebody finds who comes when the polls are over and takes everything, key files
// too, and who has each answer as it was sent, and backups from when the polls were open: none of the
// answers opens. What was said to the bot later does, which shows that the thief knows how.
func (b *burgled) opensNothing(ctx context.Context, t *testing.T, s *spoils) {
	t.Helper()
	b.opensLater(ctx, t, s)
	opened := 0
	for _, backup := range s.evidence.Backups {
		opens, done := b.thief(t, backup)
		for room, answers := range s.sealed {
			for _, answer := range answers {
				if opens(ctx, room, answer) {
					opened++
				}
			}
		}
		done()
	}
	t.Logf("with %d backups and the key files that are left, %d answers opened", len(s.evidence.Backups), opened)
	if opened > 0 || len(s.sealed) == 0 {
		t.Errorf("%d answers of %d voters opened", opened, len(s.sealed))
	}
}

// opensLater wants the thief to open what is said to the bot when all polls are over. The bot renews its keys at the
// end of each, and until it has done so for the last one, what it has dealt with opens no more.
func (b *burgled) opensLater(ctx context.Context, t *testing.T, s *spoils) {
	t.Helper()
	names := world.Everybody()
	for i, began := 0, time.Now(); time.Since(began) < time.Minute; i++ {
		p := b.w.People[names[i%len(names)]]
		_, later, err := p.Sealed(ctx, world.Direct, "!help")
		if err != nil {
			t.Fatal(err)
		}
		hear(ctx, t, p, world.Direct, `(?i)!check`)
		room, err := p.Room(world.Direct)
		if err != nil {
			t.Fatal(err)
		}
		b.copyOnce(t, s)
		opens, done := b.thief(t, s.evidence.Backups[len(s.evidence.Backups)-1])
		opened := opens(ctx, room, later)
		if err := done(); err != nil {
			t.Error(err)
		}
		if opened {
			return
		}
	}
	t.Error("the thief opens nothing at all")
}

// thief tries to open what was sent with a copy of the database and the key files that there are.
func (b *burgled) thief(t *testing.T, backup string) (opens func(context.Context, id.RoomID, *event.EncryptedEventContent) bool, done func() error) {
	t.Helper()
	pickle, err := os.ReadFile(filepath.Join(b.w.Dir, "bot", "store", "keys", "pickle"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := dbutil.NewWithDialect("file:"+backup, "sqlite3")
	if err != nil {
		t.Fatal(err)
	}
	store := crypto.NewSQLCryptoStore(db, dbutil.ZeroLogger(zerolog.Nop()), "", "", pickle)
	return func(ctx context.Context, room id.RoomID, sealed *event.EncryptedEventContent) bool {
		session, err := store.GetGroupSession(ctx, room, sealed.SessionID)
		if err != nil || session == nil {
			return false
		}
		_, _, err = session.Internal.Decrypt(sealed.MegolmCiphertext)
		return err == nil
	}, db.Close
}
