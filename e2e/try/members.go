package main

import (
	"context"
	"math/rand/v2"
	"regexp"
	"strconv"
	"time"

	"maunium.net/go/mautrix/event"

	"stimmbote/e2e/world"
)

// option is a numbered line that offers an answer.
var option = regexp.MustCompile(`(?m)^\s*(\d+)\s*[=.):]\s*\S`)

// sealing is the link with which somebody seals their vote themselves.
var sealing = regexp.MustCompile(`https?://\S+/(?:v/\w+|booth\.html)#\S+`)

// answer lets a simulated member answer each ballot, after a moment's thought,
// until ctx ends. Where no number is asked for, they seal their vote with the program.
func answer(ctx context.Context, w *world.World, p *world.Person) {
	for i := 0; ; i++ {
		m, err := p.Inbox.At(ctx, i)
		if err != nil {
			return
		}
		if !m.Bot || m.Chat != world.Direct || m.Edits != "" || m.Type != event.MsgText {
			continue
		}
		options, link := option.FindAllStringSubmatch(m.Body, -1), sealing.FindString(m.Body)
		if len(options) < 2 && link == "" {
			continue
		}
		select {
		case <-time.After(time.Second + rand.N(4*time.Second)):
		case <-ctx.Done():
			return
		}
		if len(options) < 2 {
			said, err := w.Bot.Command("ballot", "--link", link, "--choice", strconv.Itoa(1+rand.IntN(2))).CombinedOutput()
			if err != nil {
				p.Client.Log.Err(err).Bytes("said", said).Msg("Not sealed")
			}
			continue
		}
		if _, err := p.Say(ctx, world.Direct, options[rand.IntN(len(options))][1]); err != nil {
			p.Client.Log.Err(err).Msg("Not answered")
		}
	}
}
