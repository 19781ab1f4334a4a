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

const keyholderUsage = `usage: stimmbote keyholder setup           ask what it needs, and write the configuration
       stimmbote keyholder run [--config FILE]
                                           hold a key of each vote whose teller its owner is
       stimmbote keyholder status [--config FILE]
                                           what it holds, whether it runs, and what it waits for
       stimmbote keyholder backup [--config FILE] NEW-FILE
                                           what the account needs on another machine, without any key of a vote

Runs on a machine of the teller, with an account of its own. The configuration is that of the bot;
of it are used: language, matrix, store, keyholder, web, log and ops. With web.public_url it serves
the ballot page, so that voters need not trust the bot's. The folder of the store is this program's
alone.
`

// keys is `stimmbote keyholder …`.
func keys(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	command := ""
	if len(args) > 0 {
		command, args = args[0], args[1:]
	}
	switch command {
	case "setup":
		return setup(ctx, args, true, os.Stdin, stdout, stderr)
	case "run", "status", "backup":
	default:
		fmt.Fprint(stderr, keyholderUsage)
		return exitUsage
	}
	flags := flag.NewFlagSet("keyholder "+command, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, keyholderUsage) }
	path := flags.String("config", usualConfig, "the configuration")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if (flags.NArg() == 1) != (command == "backup") || flags.NArg() > 1 {
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
	switch command {
	case "status":
		err = keyStatus(ctx, cfg, stdout)
	case "backup":
		err = keyBackup(ctx, cfg, flags.Arg(0), stdout)
	default:
		err = serveKeys(ctx, cfg, stderr)
	}
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "stimmbote: %v\n", err)
	if errors.Is(err, chat.ErrLogin) {
		return exitLogin
	}
	return exitError
}

// serveKeys builds a keyholder and runs it until ctx ends.
func serveKeys(ctx context.Context, cfg config, stderr io.Writer) error {
	beFrugal()
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
	line.Stay() // a teller's halt counts in the older room of a group as well
	booth := boothOf(cfg.Web)
	k := keyholder.New(keyholder.Options{
		Config: cfg.Keyholder, Line: line, Store: st, Vault: vault, Texts: texts, Rand: rand.Reader,
		Booth: booth, PageHash: web.BoothHash(), Fetch: keyholder.NewFetcher(cfg.Keyholder.PageHosts).Fetch,
		Checkpoint: checkpoint, Log: part(log, "keyholder"),
	})
	watch, err := newOps(cfg.Ops, line, st, &presence{})
	if err != nil {
		return err
	}
	var page booths
	if booth != "" {
		if page, err = openBooth(cfg.Web, cfg.Store.Dir, part(log, "web")); err != nil {
			return err
		}
	}
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() error { return line.Run(ctx, k) })
	all.Go(func() error { return k.Run(ctx) })
	all.Go(func() error { return watch.Run(ctx) })
	if booth != "" {
		all.Go(func() error { return page.Run(ctx) })
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

// boothOf is where the ballot page is reached, if the machine serves it.
func boothOf(cfg web.Config) string {
	if cfg.PublicURL == "" || web.BoothHash() == "" {
		return ""
	}
	return strings.TrimRight(cfg.PublicURL, "/") + web.BoothPath
}
