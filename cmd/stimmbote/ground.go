package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/store"
)

// ground is what the bot and a keyholder stand on: where they log, how they speak, and what they keep.
type ground struct {
	log   zerolog.Logger
	texts *i18n.Texts
	store *store.Store
	vault *store.Vault
}

// settle makes the ground of a configuration. The caller closes its store.
func settle(ctx context.Context, cfg config, stderr io.Writer) (ground, error) {
	level, err := zerolog.ParseLevel(cfg.Log.Level)
	if err != nil {
		return ground{}, err
	}
	g := ground{log: newLog(stderr, os.Getenv("JOURNAL_STREAM") != "").Level(level)}
	if g.texts, err = i18n.Load(cfg.Language); err != nil {
		return ground{}, err
	}
	if cfg.Bot.Du {
		if g.texts, err = g.texts.Familiar(); err != nil {
			return ground{}, err
		}
	}
	if err := os.MkdirAll(cfg.Store.Dir, 0o700); err != nil {
		return ground{}, fmt.Errorf("store.dir: %w", err)
	}
	if g.store, err = store.Open(ctx, cfg.Store.Dir, part(g.log, "store")); err != nil {
		return ground{}, err
	}
	if g.vault, err = store.OpenVault(filepath.Join(cfg.Store.Dir, "keys")); err != nil {
		g.store.Close()
		return ground{}, err
	}
	return g, nil
}
