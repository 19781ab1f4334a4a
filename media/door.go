package media

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// linkKeySize is how many random bytes a link's key has.
const linkKeySize = 16

// ErrLinkKey is a link key that no link of ours has.
var ErrLinkKey = errors.New("not a link key")

// NewLinkKey returns the key of a new link: 16 random bytes in base64url. It stands behind the # of the address, which
// browsers do not send, and both the door value and the key of the frames are derived from it.
func NewLinkKey(rand io.Reader) (string, error) {
	key := make([]byte, linkKeySize)
	if _, err := io.ReadFull(rand, key); err != nil {
		return "", fmt.Errorf("making link key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(key), nil
}

// Door derives the value that shows that somebody has the link, without showing its key.
func Door(linkKey string) (string, error) {
	key, err := base64.RawURLEncoding.Strict().DecodeString(linkKey)
	if err != nil || len(key) != linkKeySize || base64.RawURLEncoding.EncodeToString(key) != linkKey {
		return "", ErrLinkKey
	}
	door, err := hkdf.Key(sha256.New, key, nil, "stimmbote door v1", sha256.Size)
	if err != nil {
		return "", fmt.Errorf("deriving door value: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(door), nil
}

// DoorHash returns what the server keeps of a door value.
func DoorHash(door string) []byte {
	h := sha256.Sum256([]byte(door))
	return h[:]
}

// DoorOpens says whether a door value is the one with this hash, in constant time. Nothing opens an empty hash.
func DoorOpens(hash []byte, door string) bool {
	return subtle.ConstantTimeCompare(hash, DoorHash(door)) == 1
}
