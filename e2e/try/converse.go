package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"stimmbote/e2e/script"
	"stimmbote/e2e/world"
)

const introduction = `This makes a throwaway world on this machine: a real Matrix homeserver (Dendrite), the bot,
an encrypted group, five simulated members, and two tellers with their machines. It listens
on 127.0.0.1 only.

`

const ready = `
You are chair, who made the group. anna, bernd, clara, deniz, eva, kaya and lenz are in it with
you: simulated, with real encrypting clients, and they answer what they are asked. kaya and lenz
are the tellers: kaya-keys and lenz-keys are their machines, which hold a key of each vote.

Type a line and press Enter: it goes to the group. After "dm " it goes to your direct chat
with the bot. What you can read comes below, marked Group or Direct. For instance:

  !vote Shall we adopt motion 12?     a draft comes; then type: start
  dm 1                                your answer, when the bot has asked you
  !vote And 13? --level secret        sealed by everybody themselves; open your link in a browser
  !tellers --end                      from then on the bot holds the key of a vote alone
  !call                               a link to open in a browser; two simulated people come in
  !help                               what else there is

To look with a Matrix client of your own: homeserver %s, user %s, password %s
  and to sign that device, so that it is trusted, the recovery key: %s
A call in Firefox with everybody on this one machine needs
  media.peerconnection.ice.loopback = true in about:config.
Ctrl-C ends all this and leaves nothing behind.

`

// converse lets the person in front of the terminal be the chair.
func converse(ctx context.Context, w *world.World, stdin *os.File, out io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	chair := w.People[world.Chair]
	screen := &screen{out: out}
	screen.print(fmt.Sprintf(ready, w.Homeserver.URL, chair.Name, chair.Password, chair.RecoveryKey))
	var goes sync.WaitGroup
	defer goes.Wait()
	defer cancel()
	for name, p := range w.People {
		if name != world.Chair {
			goes.Go(func() { answer(ctx, w, p) })
		}
	}
	goes.Go(func() { stream(ctx, w, screen) })
	goes.Go(func() { attend(ctx, w, screen) })
	goes.Go(func() {
		if w.Bot.Wait(ctx) == nil {
			screen.line("", "", "The bot has ended by itself. Its last words:\n"+w.Bot.Log(20))
		}
	})
	input := typed(ctx, stdin)
	for {
		select {
		case line, open := <-input:
			if !open {
				return nil
			}
			say(ctx, chair, line, screen)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// typed yields what is typed, and is closed at the end of the input. Its
// goroutine sits in a read that nothing can interrupt, and ends with the program.
func typed(ctx context.Context, stdin io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(stdin)
		for in.Scan() {
			select {
			case lines <- in.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	return lines
}

// say sends a typed line where it belongs.
func say(ctx context.Context, p *world.Person, line string, screen *screen) {
	chat, text := world.Group, strings.TrimSpace(line)
	if rest, direct := strings.CutPrefix(text, "dm "); direct {
		chat, text = world.Direct, strings.TrimSpace(rest)
	}
	if text == "" {
		return
	}
	_, err := p.Say(ctx, chat, strings.ReplaceAll(text, `\n`, "\n"))
	switch {
	case errors.Is(err, world.ErrNoDirect):
		screen.line("", "", "The bot has not written to you alone yet; it does when it has something to ask you.")
	case err != nil && ctx.Err() == nil:
		screen.line("", "", "That was not sent: "+err.Error())
	}
}

// stream shows what reaches the chair, until ctx ends.
func stream(ctx context.Context, w *world.World, screen *screen) {
	chair := w.People[world.Chair]
	for i := 0; ; i++ {
		m, err := chair.Inbox.At(ctx, i)
		if err != nil {
			return
		}
		if !m.Own {
			screen.line(string(m.Chat), m.Sender.Localpart(), script.Describe(m))
		}
		if strings.HasSuffix(m.File, ".bel") {
			recheck(w, m.File, screen)
		}
	}
}

// screen is where everything is shown, one thing at a time.
type screen struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *screen) print(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprint(s.out, text)
}

// line shows something that was said; further lines of it are indented.
func (s *screen) line(where, who, text string) {
	head := fmt.Sprintf("%-6s  %-9s  ", where, who)
	s.print(head + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", len(head))) + "\n")
}
