package voting

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
)

// A sealed text is as long as the next multiple of textBlock: its size must not tell a yes
// from a no.
const textBlock = 1024

// textLabel keeps texts apart from what polls seal for themselves.
const textLabel = "text/"

var errText = errors.New("not a sealed text")

// Seal seals a text under the key of a poll, for keeping it until it is sent. When the poll has
// ended nobody can open it any more.
func (p *Polls) Seal(_ context.Context, id ID, label string, plain []byte) ([]byte, error) {
	size := (4+len(plain))/textBlock*textBlock + textBlock
	padded := make([]byte, size)
	defer clear(padded)
	binary.BigEndian.PutUint32(padded, uint32(len(plain)))
	copy(padded[4:], plain)
	sealed, err := p.vault.Seal(keyName(id), textLabel+label, padded)
	if err != nil {
		return nil, fmt.Errorf("sealing a text of poll %s: %w", id, p.perhapsLost(id, err))
	}
	return sealed, nil
}

// Unseal opens what [Polls.Seal] sealed under the same label.
func (p *Polls) Unseal(_ context.Context, id ID, label string, sealed []byte) ([]byte, error) {
	padded, err := p.vault.Open(keyName(id), textLabel+label, sealed)
	if err != nil {
		return nil, fmt.Errorf("unsealing a text of poll %s: %w", id, p.perhapsLost(id, err))
	}
	if len(padded) < 4 || int64(binary.BigEndian.Uint32(padded)) > int64(len(padded)-4) {
		return nil, fmt.Errorf("unsealing a text of poll %s: %w", id, errText)
	}
	return padded[4 : 4+binary.BigEndian.Uint32(padded)], nil
}
