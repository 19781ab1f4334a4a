package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

// callers are the simulated participants of the group's call: real browsers with moving pictures and a beep. One is a
// member, by the link of her own, one a guest by the card's.
const (
	callingMember = "anna"
	callingGuest  = "Gustav (simulated)"
)

var callLink = regexp.MustCompile(`http://\S+/r/\S+#\S+`)

// attend brings the callers into each call that a card offers, until ctx ends.
func attend(ctx context.Context, w *world.World, screen *screen) {
	crowd := &crowd{w: w}
	defer crowd.leave()
	for i := 0; ; i++ {
		m, err := w.People[world.Chair].Inbox.At(ctx, i)
		if err != nil {
			return
		}
		link := callLink.FindString(m.Body)
		if !m.Bot || m.Chat != world.Group || m.Edits != "" || link == "" || crowd.isIn(link) {
			continue
		}
		if err := crowd.join(ctx, link); err != nil {
			if ctx.Err() == nil {
				screen.line("", "", "Nobody simulated is in the call: "+err.Error())
			}
			continue
		}
		screen.line("", "", "anna and a guest are in the call, with moving pictures and a beep. Open the link in a browser here:\n"+link)
	}
}

// crowd are the browsers of the callers.
type crowd struct {
	w       *world.World
	browser *browser.Browser
	tabs    []*browser.Tab
	link    string // of the call that they are in
}

// isIn says whether the callers are in the call of a link: somebody may have ended it, or sent them out.
func (c *crowd) isIn(link string) bool {
	if link != c.link {
		return false
	}
	for _, tab := range c.tabs {
		in, err := browser.Evaluate[bool](tab, `!document.getElementById("call").hidden`)
		if err != nil || !in {
			return false
		}
	}
	return true
}

// join brings the callers into the call of a link, out of any other.
func (c *crowd) join(ctx context.Context, link string) (err error) {
	if c.browser == nil {
		if c.browser, err = browser.Start(ctx); err != nil {
			return err
		}
	}
	for _, tab := range c.tabs {
		tab.Close()
	}
	c.tabs, c.link = nil, ""
	own, err := c.ownLink(ctx)
	if err != nil {
		return err
	}
	member, err := c.open(ctx, own, callingMember)
	if err != nil {
		return err
	}
	if err := member.Click("#join"); err != nil {
		return err
	}
	guest, err := c.open(ctx, link, "")
	if err != nil {
		return err
	}
	if err := guest.Join(callingGuest); err != nil {
		return err
	}
	for _, tab := range c.tabs {
		if _, err := tab.SeesAndHears(ctx); err != nil {
			return err
		}
	}
	c.link = link
	return nil
}

// ownLink is the link of the member who is in the call.
func (c *crowd) ownLink(ctx context.Context) (string, error) {
	p := c.w.People[callingMember]
	before := len(p.Inbox.All())
	if _, err := p.Say(ctx, world.Group, "!me"); err != nil {
		return "", err
	}
	for i := before; ; i++ {
		m, err := p.Inbox.At(ctx, i)
		if err != nil {
			return "", fmt.Errorf("waiting for %s's link: %w", callingMember, err)
		}
		if link := callLink.FindString(m.Body); m.Bot && m.Chat == world.Direct && link != "" {
			return link, nil
		}
	}
}

// open opens a link in a tab and waits until the page knows who comes.
func (c *crowd) open(ctx context.Context, link, known string) (*browser.Tab, error) {
	tab, err := c.browser.Open(link)
	if err != nil {
		return nil, err
	}
	c.tabs = append(c.tabs, tab)
	return tab, browser.Until(ctx, func() (string, error) {
		text, err := tab.Text()
		if err != nil || known == "" || strings.Contains(strings.ToLower(text), known) {
			return "", err
		}
		return "the page does not know " + known, nil
	})
}

// leave ends the browsers.
func (c *crowd) leave() {
	for _, tab := range c.tabs {
		tab.Close()
	}
	if c.browser != nil {
		c.browser.Close()
	}
}
