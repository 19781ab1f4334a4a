package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	selectCall = `SELECT room, name, title, door, key, card, shown, entry, locked, opened, since, most FROM call `
	putCall    = `
		INSERT INTO call (room, name, title, door, key, card, shown, entry, locked, opened, since, most)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (room) DO UPDATE
			SET name=excluded.name, title=excluded.title, door=excluded.door, key=excluded.key, card=excluded.card,
				shown=excluded.shown, entry=excluded.entry, locked=excluded.locked, opened=excluded.opened,
				since=excluded.since, most=excluded.most
	`
	moveCall = `UPDATE call SET room=$2, key=$3, card='', shown=0, opened=0, since=0, most=0 WHERE room=$1`
)

// Who may come in by the link of a call.
const (
	EntryOpen  Entry = ""      // everybody who has the link
	EntryBoard Entry = "board" // everybody who has the link, once somebody is in who may moderate
	EntryKnock Entry = "knock" // members, and whoever is let in
)

// Entry says who may come into a call by its link.
type Entry string

// Call is the one lasting call of a group.
type Call struct {
	Room   string    // the group's Matrix room
	Name   string    // in the link
	Title  string    // the group's name when the call was last asked for
	Door   []byte    // hash of the value that opens the door
	Key    []byte    // the link's key, sealed
	Card   string    // delivery key of the newest card in the group, empty if that one is final
	Shown  int       // how many people that card says are in
	Entry  Entry     // who may come in
	Locked bool      // nobody more comes in
	Opened time.Time // when the card was posted, zero if the call has ended
	Since  time.Time // when somebody came in first, zero as long as nobody has
	Most   int       // how many were in at a time, at most
}

// Vote is an open vote of a call's group, as whoever is in the call learns of it. It is stored nowhere.
type Vote struct {
	ID     string
	Title  string
	Until  time.Time // zero: as long as nobody closes it
	Ballot string    // the link of one member's ballot; empty: they have none
}

// Doubt is that somebody at a call's door gave the name of a member, who is asked whether it is them. It is stored
// nowhere.
type Doubt struct {
	Ticket string // with which is asked what the member says; empty: nobody can be asked now
	Name   string // that was given
	Number string // that the member is told, and whoever is at the door
	Badge  string // of the member who said yes
}

// roomName is how many bytes of the door's hash name the media room.
const roomName = 12

// MediaRoom is the name of the call's room on the media server. It follows the key of the link: whoever
// holds a token from before the key was changed finds nobody there. A new name changes nothing.
func (c *Call) MediaRoom() string { return hex.EncodeToString(c.Door[:min(roomName, len(c.Door))]) }

// CallByName returns the call with this name in its link, nil if there is none.
func (s *Store) CallByName(ctx context.Context, name string) (*Call, error) {
	return s.call(ctx, `WHERE name=$1`, name)
}

// CallByRoom returns the call of this Matrix room, nil if there is none.
func (s *Store) CallByRoom(ctx context.Context, room string) (*Call, error) {
	return s.call(ctx, `WHERE room=$1`, room)
}

// PutCall writes the call of its room, a new one or in the place of the old.
func (s *Store) PutCall(ctx context.Context, c Call) error {
	_, err := s.db.Exec(ctx, putCall, c.Room, c.Name, c.Title, c.Door, c.Key, c.Card, c.Shown,
		string(c.Entry), c.Locked, seconds(c.Opened), seconds(c.Since), c.Most)
	if err != nil {
		return fmt.Errorf("writing call of %s: %w", c.Room, err)
	}
	return nil
}

// MoveCall makes the call of a room the one of another room, with its key sealed for that. Its card stays behind.
func (s *Store) MoveCall(ctx context.Context, from string, c Call) error {
	if _, err := s.db.Exec(ctx, moveCall, from, c.Room, c.Key); err != nil {
		return fmt.Errorf("moving the call of %s: %w", from, err)
	}
	return nil
}

// Calls returns all calls, by name.
func (s *Store) Calls(ctx context.Context) ([]Call, error) {
	rows, err := s.db.Query(ctx, selectCall+`ORDER BY name`)
	calls, err := dbutil.NewRowIterWithError(rows, scanCall, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing calls: %w", err)
	}
	return calls, nil
}

func (s *Store) call(ctx context.Context, where, value string) (*Call, error) {
	c, err := scanCall(s.db.QueryRow(ctx, selectCall+where, value))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading call: %w", err)
	}
	return &c, nil
}

func scanCall(row dbutil.Scannable) (c Call, err error) {
	var entry string
	var opened, since int64
	err = row.Scan(&c.Room, &c.Name, &c.Title, &c.Door, &c.Key, &c.Card, &c.Shown, &entry, &c.Locked, &opened, &since, &c.Most)
	c.Entry, c.Opened, c.Since = Entry(entry), moment(opened), moment(since)
	return c, err
}
