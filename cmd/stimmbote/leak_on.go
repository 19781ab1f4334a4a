//go:build leaktest

package main

import (
	"bytes"
	"context"
	"os"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/store"
)

// leaks says whether this build leaks in the way that STIMMBOTE_LEAK names.
func leaks(how string) bool { return os.Getenv("STIMMBOTE_LEAK") == how }

func init() { otherVariables = append(otherVariables, "STIMMBOTE_LEAK") }

// bare is a vault that seals nothing.
type bare struct {
	*store.Vault
	leaks bool
}

func sealing(v *store.Vault) *bare { return &bare{v, leaks("seal")} }

func (b *bare) Seal(name, label string, plain []byte) ([]byte, error) {
	if b.leaks {
		return bytes.Clone(plain), nil
	}
	return b.Vault.Seal(name, label, plain)
}

func (b *bare) Open(name, label string, sealed []byte) ([]byte, error) {
	if b.leaks {
		return bytes.Clone(sealed), nil
	}
	return b.Vault.Open(name, label, sealed)
}

// gossip writes down what it says, and to whom.
type gossip struct {
	chat.Handler
	log zerolog.Logger
}

func telling(h chat.Handler, log zerolog.Logger) chat.Handler {
	if !leaks("log") {
		return h
	}
	return &gossip{h, log}
}

func (g *gossip) Compose(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	c, err := g.Handler.Compose(ctx, d)
	g.log.Trace().Str("person", d.Person).Str("text", c.Plain).Msg("Saying")
	return c, err
}
