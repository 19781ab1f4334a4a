package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"stimmbote/bot"
	"stimmbote/chat"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/web"
)

// serve builds the parts, runs them until ctx ends or one of them fails, and stops them in
// order: pages and calls first, then the chat, which finishes what it is saying, the store last.
func serve(ctx context.Context, cfg config, stderr io.Writer) error {
	beFrugal()
	g, err := settle(ctx, cfg, stderr)
	if err != nil {
		return err
	}
	defer g.store.Close()
	log, texts, st, vault := g.log, g.texts, g.store, g.vault

	var b *bot.Bot
	secret, err := joinSecret(vault)
	if err != nil {
		return err
	}
	calls := &presence{}
	port, relay, cert, err := secured(cfg.Web, cfg.Store.Dir, part(log, "web"))
	if err != nil {
		return fmt.Errorf("web.listen, web.cert, web.acme: %w", err)
	}
	if port != nil {
		defer port.Close()
	}
	sfu, err := media.New(cfg.Media, media.Options{
		Secret: secret,
		Secure: relay,
		Name:   cfg.Web.Host(),
		Changed: func(room string, present []media.Person) {
			if media.IsCheckRoom(room) {
				return
			}
			calls.note(room, len(present))
			b.CallChanged(room, present)
		},
	}, part(log, "media"))
	if err != nil {
		return err
	}
	calls.ways = sfu.Ways
	line, err := chat.New(cfg.Matrix, st, vault, part(log, "chat"))
	if err != nil {
		return err
	}
	polls := voting.New(st, sealing(vault), rand.Reader, cfg.Poll)
	b = bot.New(bot.Options{
		Config:     cfg.Bot,
		Line:       line,
		Polls:      polls,
		Store:      st,
		Vault:      vault,
		Meetings:   sfu,
		Ways:       sfu.Ways,
		Texts:      texts,
		PublicURL:  cfg.Web.PublicURL,
		BoothURL:   cfg.Poll.BoothURL,
		BoothHash:  web.BoothHash(),
		Board:      web.HasBoard(),
		Native:     cfg.Poll.Native,
		Checkpoint: checkpoint,
		Log:        part(log, "bot"),
	})
	pages := web.New(cfg.Web, web.Options{
		Calls: st, Media: sfu, Group: b, Polls: polls, Box: b, Texts: texts, Secret: secret, Ready: line.Ready, Listener: port,
	}, part(log, "web"))
	b.Doors = pages
	watch, err := newOps(cfg.Ops, line, st, calls)
	if err != nil {
		return err
	}

	talking, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	talk, talking := errgroup.WithContext(talking)
	talk.Go(func() error { return line.Run(talking, lying(telling(b, part(log, "bot")))) })
	talk.Go(func() error { return b.Run(talking) })
	talk.Go(func() error {
		if err := announce(talking, line.Ready); err != nil {
			log.Warn().Err(err).Msg("Going on all the same")
		}
		return nil
	})

	open, shut := context.WithCancel(ctx)
	defer context.AfterFunc(talking, shut)() // without the chat there is nobody to open a door for
	doors, open := errgroup.WithContext(open)
	doors.Go(func() error { return pages.Run(open) })
	if cert != nil {
		doors.Go(func() error { return cert.Run(open) })
	}
	doors.Go(func() error { return sfu.Run(open) })
	doors.Go(func() error { return watch.Run(open) })

	log.Info().Str("version", version()).Msg("Started")
	defer context.AfterFunc(ctx, func() {
		log.Info().Msg("Stopping; a second signal ends the program at once")
		if err := notify("STOPPING=1"); err != nil {
			log.Warn().Err(err).Msg("Going on all the same")
		}
	})()
	err = doors.Wait()
	hangUp()
	err = errors.Join(err, talk.Wait())
	log.Info().Msg("Stopped")
	return err
}

// newLog writes lines for people. The journal of systemd has the time of each line itself.
func newLog(w io.Writer, journal bool) zerolog.Logger {
	lines := zerolog.ConsoleWriter{Out: w, TimeFormat: time.DateTime, NoColor: !terminal(w)}
	if journal {
		lines.PartsExclude = []string{zerolog.TimestampFieldName}
	}
	return zerolog.New(lines).With().Timestamp().Logger()
}

// terminal says whether w is one, so that a log file holds no colours.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}

// part is the logger of one part of the program.
func part(log zerolog.Logger, name string) zerolog.Logger {
	return log.With().Str("part", name).Logger()
}

// joinSecret signs the tokens for joining a call. It is kept, so that who is in a call comes
// back into it by themselves when the program was restarted.
func joinSecret(vault *store.Vault) ([]byte, error) {
	const name = "join"
	if err := vault.Ensure(name); err != nil {
		return nil, err
	}
	return vault.Key(name)
}
