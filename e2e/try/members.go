package main

import (
	"context"
	"math/rand/v2"
	"regexp"
	"time"

	"maunium.net/go/mautrix/event"

	"stimmbote/e2e/world"
)

// option is a numbered line that offers an answer.
var option = regexp.MustCompile(`(?m)^\s*(\d+)\s*[=.):]\s*\S`)

// answer lets a simulated member answer each ballot, after a moment's thought,
// until ctx ends.
func answer(ctx context.Context, p *world.Person) {
	for i := 0; ; i++ {
		m, err := p.Inbox.At(ctx, i)
		if err != nil {
			return
		}
		if !m.Bot || m.Chat != world.Direct || m.Edits != "" || m.Type != event.MsgText {
			continue
		}
		options := option.FindAllStringSubmatch(m.Body, -1)
		if len(options) < 2 {
			continue
		}
		select {
		case <-time.After(time.Second + rand.N(4*time.Second)):
		case <-ctx.Done():
			return
		}
		if _, err := p.Say(ctx, world.Direct, options[rand.IntN(len(options))][1]); err != nil {
			p.Client.Log.Err(err).Msg("Not answered")
		}
	}
}
