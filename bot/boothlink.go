package bot

import (
	"context"
	"html"

	"stimmbote/chat"
	"stimmbote/voting"
)

// boothAt is the address of the ballot page of a vote, without what is personal; empty if it has none.
func (b *Bot) boothAt(p *voting.Poll) (page, own string) {
	if b.PublicURL == "" || b.BoothHash == "" || p.Fingerprint == "" && p.State != voting.StateDraft && p.State != voting.StateAsked || p.Level() == voting.Open {
		return "", ""
	}
	own = b.PublicURL + "/v/" + string(p.ID)
	switch {
	case p.Terms.Booth != "":
		return p.Terms.Booth, own
	case b.BoothURL != "":
		return b.BoothURL, own
	}
	return own, own
}

// boothLink is the link with which one member votes in a browser. Nothing behind the # reaches a
// server; where the page is on another web space, it names the bot's address as well.
func (b *Bot) boothLink(p *voting.Poll, token string) string {
	page, own := b.boothAt(p)
	if page == "" {
		return ""
	}
	link := page + "#" + token + "." + p.Fingerprint
	if page != own {
		link += "." + own
	}
	return link
}

// boothHash is the hash of the ballot page of a vote, empty if it has none.
func (b *Bot) boothHash(p *voting.Poll) string {
	if page, _ := b.boothAt(p); page == "" {
		return ""
	}
	return b.BoothHash
}

// addLink offers a member the ballot page.
func (b *Bot) addLink(t *page, p *voting.Poll, token string) {
	link := b.boothLink(p, token)
	if link == "" {
		return
	}
	key := "ballot.link"
	if p.Terms.OnlySealed {
		key = "ballot.link.only"
	}
	plain, marked := t.texts.Both(key)
	here := t.texts.Text("ballot.link.here")
	t.line(plain+" "+link, marked+` <a href="`+html.EscapeString(link)+`">`+html.EscapeString(here)+`</a>`)
}

// addOnlyLink says that a vote is held over the link alone, with the link.
func (b *Bot) addOnlyLink(ctx context.Context, t *page, p *voting.Poll, person string) error {
	token, err := b.Polls.Token(ctx, p.ID, voting.Member(person))
	if err != nil {
		return err
	}
	t.add("ballot.only-sealed")
	b.addLink(t, p, token)
	return nil
}

// onlyByLink refuses an answer to a vote that is held over the link alone. What was answered is
// taken back, and nothing opens it any more.
func (b *Bot) onlyByLink(ctx context.Context, m chat.Message, p *voting.Poll) error {
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	said := b.to(m, "reply/"+m.ID, kindHint, hint{Poll: p.ID, Kept: voted})
	said.Secret = true
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Line.Burn(ctx, m); err != nil {
			return err
		}
		return b.done(ctx, m, said)
	})
}

// addWay says on a draft how people will vote, if it is not the usual way, and why there is no
// link where there is none.
func (b *Bot) addWay(t *page, p *voting.Poll) {
	switch page, _ := b.boothAt(p); {
	case p.Level() == voting.Open:
	case b.PublicURL == "":
		t.add("poll.draft.no-link")
	case p.Terms.OnlySealed:
		t.add("poll.draft.sealed")
	case page != "" && p.Terms.Booth != "":
		t.add("poll.draft.booth", "page", p.Terms.Booth)
	}
}

// setSealed makes the link the only way to vote, where there is one.
func (b *Bot) setSealed(w *wish, _ string) error {
	if b.PublicURL == "" || b.BoothHash == "" {
		return refuse("refusal.no-booth")
	}
	w.terms.OnlySealed = true
	return nil
}

// setBooth lets the links of one vote lead to the ballot page on another web space.
func (b *Bot) setBooth(w *wish, value string) error {
	switch {
	case !voting.IsPage(value):
		return errValue
	case b.PublicURL == "" || b.BoothHash == "":
		return refuse("refusal.no-booth")
	}
	w.terms.Booth = value
	return nil
}
