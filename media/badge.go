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

// NewIdentity returns a new identity that carries the badge.
func (b Badge) NewIdentity() string { return string(b) + "." + rand.Text() }

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

// IsGuest says whether an identity is that of somebody who came in by the page as a guest.
func IsGuest(identity string) bool { return strings.HasPrefix(identity, string(Guest)+".") }
