//go:build !leaktest

package main

import (
	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/store"
)

// sealing is what votes are sealed with. The build for the test of the attacker seals nothing.
func sealing(v *store.Vault) *store.Vault { return v }

// telling is what speaks. The build for the test of the attacker writes down what it says.
func telling(h chat.Handler, _ zerolog.Logger) chat.Handler { return h }
