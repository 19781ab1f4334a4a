package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"stimmbote/chat"
	"stimmbote/keyholder"
	"stimmbote/web"
)

const keyholderUsage = `usage: stimmbote keyholder run [--config FILE]

Holds a key of the votes whose teller its owner is, on a machine of theirs and with an account of
its own. The configuration is that of the bot; of it are used: language, matrix, store, keyholder,
web, log and ops. With web.public_url it serves the ballot page, so that voters need not trust the
bot's. The folder of the store is this program's alone.
`

// holdKeys is `stimmbote keyholder run`.
func holdKeys(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("keyholder run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, keyholderUsage) }
	path := flags.String("config", usualConfig, "the configuration")
	if len(args) == 0 || args[0] != "run" {
		fmt.Fprint(stderr, keyholderUsage)
		return exitUsage
	}
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		fmt.Fprint(stderr, keyholderUsage)
		return exitUsage
	}
	cfg, err := loadConfig(*path, os.Environ(), "language", "matrix", "store", "keyholder", "web", "ops", "log")
	if err == nil {
		err = cfg.Keyholder.Complete()
	}
	if err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitUsage
	}
	if hint := openToOthers(*path); hint != "" {
		fmt.Fprintln(stderr, "stimmbote: "+hint)
	}
	if err := serveKeys(ctx, cfg, stderr); err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		if errors.Is(err, chat.ErrLogin) {
			return exitLogin
		}
		return exitError
	}
	return exitOK
}

// serveKeys builds a keyholder and runs it until ctx ends.
func serveKeys(ctx context.Context, cfg config, stderr io.Writer) error {
	g, err := settle(ctx, cfg, stderr)
	if err != nil {
		return err
	}
	defer g.store.Close()
	log, texts, st, vault := g.log, g.texts, g.store, g.vault
	line, err := chat.New(cfg.Matrix, st, vault, part(log, "chat"))
	if err != nil {
		return err
	}
	booth := ""
	if cfg.Web.PublicURL != "" && web.BoothHash() != "" {
		booth = strings.TrimRight(cfg.Web.PublicURL, "/") + web.BoothPath
	}
	k := keyholder.New(keyholder.Options{
		Config: cfg.Keyholder, Line: line, Store: st, Vault: vault, Texts: texts, Rand: rand.Reader,
		Booth: booth, PageHash: web.BoothHash(), Fetch: fetchPage,
		Checkpoint: checkpoint, Log: part(log, "keyholder"),
	})
	watch, err := newOps(cfg.Ops, line, st, &presence{})
	if err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return line.Run(ctx, k) })
	all.Go(func() error { return k.Run(ctx) })
	all.Go(func() error { return watch.Run(ctx) })
	if booth != "" {
		all.Go(func() error { return serveBooth(ctx, cfg.Web.Listen) })
	}
	all.Go(func() error {
		if err := announce(ctx, line.Ready); err != nil {
			log.Warn().Err(err).Msg("Going on all the same")
		}
		return nil
	})
	log.Info().Str("version", version()).Str("owner", cfg.Keyholder.Owner).Msg("Holding keys")
	err = all.Wait()
	log.Info().Msg("Stopped")
	return err
}
