package media

import (
	"crypto/rand"
	"strings"
)

// The badge of somebody who comes in by the page is the beginning of their identity: it stands in the token that the
// server signs, so nobody can give it to themselves, and everybody reads it.
const (
	Guest  Badge = "guest"  // has the link
	Member Badge = "member" // of the group
	Chair  Badge = "chair"  // may moderate
)

// Badge is what somebody is to the group whose call it is.
type Badge string

// Bearer is who comes in with a badge. The mark tells the members of a group apart, to nobody but whoever made it.
type Bearer struct {
	Name  string // empty: nobody
	Badge Badge
	Mark  string // without a point
}

// NewIdentity returns a new identity for somebody.
func (b Bearer) NewIdentity() string {
	if b.Mark == "" {
		return string(b.Badge) + "." + rand.Text()
	}
	return string(b.Badge) + "." + b.Mark + "." + rand.Text()
}

// MarkOf is the mark that an identity carries, empty if it carries none.
func MarkOf(identity string) string {
	parts := strings.Split(identity, ".")
	if len(parts) != 3 || BadgeOf(identity) == Guest {
		return ""
	}
	return parts[1]
}

// BadgeOf is the badge that an identity carries, that of a guest if it carries none.
func BadgeOf(identity string) Badge {
	switch before, _, _ := strings.Cut(identity, "."); Badge(before) {
	case Member:
		return Member
	case Chair:
		return Chair
	}
	return Guest
}

// checkRoom begins the names of rooms that are for nothing but to find out whether somebody's network lets calls through.
const checkRoom = "check."

// NewCheckRoom returns the name of a new such room.
func NewCheckRoom() string { return checkRoom + rand.Text() }

// IsCheckRoom says whether a room is one of those, and so no call of anybody's.
func IsCheckRoom(room string) bool { return strings.HasPrefix(room, checkRoom) }

// IsGuest says whether an identity is that of somebody who came in by the page as a guest.
func IsGuest(identity string) bool { return strings.HasPrefix(identity, string(Guest)+".") }
