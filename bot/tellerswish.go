package bot

import (
	"context"
	"net/url"
	"strings"

	"stimmbote/voting"
)

// addTellers gives a wish the group's tellers, if it has some: then nobody alone opens the box.
func (b *Bot) addTellers(ctx context.Context, room string, w *wish, elects bool) error {
	w.terms.Tellers = ""
	all, members, err := b.keyTellers(ctx, room)
	if err != nil {
		return err
	}
	switch {
	case w.keys && len(all) == 0:
		return refuse("refusal.no-tellers")
	case len(all) == 0, w.alone, !w.keys && (w.terms.Level == voting.Open || w.terms.Rehearsal):
		return nil
	}
	if elects {
		if all, err = b.without(ctx, room, members, all, candidates(members, w.options)); err != nil {
			return err
		}
	}
	tellers := make([]voting.Teller, len(all))
	var missing []string
	for i, t := range all {
		if t.account == "" {
			missing = append(missing, t.name)
			continue
		}
		tellers[i] = voting.Teller{Owner: voting.Member(t.owner), Account: t.account}
	}
	if len(missing) > 0 {
		return &voting.Refusal{Key: "refusal.tellers-missing", Args: []any{"names", strings.Join(missing, ", ")}}
	}
	if w.rule.Base == voting.BasePresent {
		return refuse("refusal.tellers-present")
	}
	w.terms.Tellers = voting.TellersOf(tellers)
	if w.terms.Lasts == 0 && w.terms.Until.IsZero() {
		w.terms.Lasts = voting.TellersLast
	}
	return b.addPage(w, all)
}

// addPage makes a wish secret, if it can be: then votes are sealed by their voters alone, on a page that
// is served by somebody else than the bot. Elections of people are, if nothing else is said.
func (b *Bot) addPage(w *wish, tellers []keyTeller) error {
	if sameHost(w.terms.Booth, b.PublicURL) {
		w.terms.Booth = "" // that is the bot's own
	}
	if !w.secret && (!w.elect || w.keys) {
		return nil
	}
	booth := w.terms.Booth
	for _, t := range tellers {
		if booth == "" && !sameHost(t.booth, b.PublicURL) {
			booth = t.booth
		}
	}
	switch {
	case booth != "" && b.PublicURL != "" && b.BoothHash != "":
		w.terms.Booth, w.terms.OnlySealed, w.terms.NoRevote = booth, true, true
	case w.secret:
		return refuse("refusal.no-secret-page")
	}
	return nil
}

// sameHost says whether two addresses are of one host.
func sameHost(a, b string) bool {
	x, err1 := url.Parse(a)
	y, err2 := url.Parse(b)
	return err1 == nil && err2 == nil && x.Hostname() != "" && strings.EqualFold(x.Hostname(), y.Hostname())
}

// unsecret takes back what makes a wish secret.
func (w *wish) unsecret() {
	if w.secret {
		w.secret, w.terms.OnlySealed, w.terms.NoRevote, w.terms.Booth = false, false, false, ""
	}
}
