package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
)

// mostBar is how many signs the longest bar has.
const mostBar = 10

// composeResult says what came out: the verdict first, then every number that it rests on.
func (b *Bot) composeResult(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	r := p.Result
	if r == nil || r.Count == nil || r.Verdict == nil {
		return chat.Content{}, fmt.Errorf("poll %s has no result to show", p.ID)
	}
	t.addVerdict(p.Asked, r.Verdict)
	if p.Number > 0 {
		t.add("poll.result.numbered", "number", p.Number, "question", title(p.Asked))
	} else {
		t.add("poll.result.question", "question", title(p.Asked))
	}
	t.gap()
	t.addNumbers(p.Asked, r.Count)
	t.add("poll.result.cast", "cast", r.Count.Cast, "entitled", r.Count.Entitled)
	if r.Count.Present > 0 {
		t.add("poll.result.present", "n", r.Count.Present)
	}
	t.addNeeded(p.Asked, r.Verdict)
	t.gap()
	t.addRule(p.Asked, p.Rule)
	if r.Verdict.Quorum > 0 {
		t.addCount("poll.draft.quorum", r.Verdict.Quorum, "of", r.Count.Entitled)
	}
	if err := b.addNext(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	if err := b.addNamed(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	if n := len(p.Objections); n > 0 {
		t.addCount("poll.result.objections", n)
	}
	if !archived(p) {
		return t.content(false), nil
	}
	if unanimous(p.Asked, r.Count) {
		t.add("poll.result.unanimous")
	}
	t.gap()
	t.add("poll.result.doubt")
	tool := "poll.result.check.new"
	if p.Group != voting.Defaults().Group {
		tool = "poll.result.check.old"
	}
	t.add(tool, "file", archiveName(p))
	if b.Board && b.PublicURL != "" {
		t.add("poll.result.board", "link", b.PublicURL+"/p/"+string(p.ID))
	}
	return t.content(false), nil
}

// addNext says what follows from a verdict: the run-off, or that the elected are asked.
func (b *Bot) addNext(ctx context.Context, t *page, p *voting.Poll) error {
	v := p.Result.Verdict
	if v.Outcome == voting.RunOff {
		t.add("poll.result.next")
	}
	elects, err := b.elects(ctx, p.ID)
	if err != nil || !elects {
		return err
	}
	return b.addElected(ctx, t, p)
}

// addNamed says who chose what in an open vote.
func (b *Bot) addNamed(ctx context.Context, t *page, p *voting.Poll) error {
	if len(p.Result.Named) == 0 {
		return nil
	}
	names, err := b.names(ctx, p)
	if err != nil {
		return err
	}
	t.add("poll.result.who")
	for _, one := range p.Result.Named {
		t.add("poll.result.named", "name", cmp.Or(names[one.Member], string(one.Member)), "answer", choiceIn(t.texts, p.Asked, one.Choice))
	}
	return nil
}

// showResult shows a result again.
func (b *Bot) showResult(ctx context.Context, t *page, id voting.ID) (chat.Content, error) {
	p, err := b.Polls.Poll(ctx, id)
	if err != nil {
		return chat.Content{}, err
	}
	t.addRehearsal(p)
	return b.composeResult(ctx, t, p)
}

// rehearsalLabel is the key of what every message about a rehearsal says.
const rehearsalLabel = "poll.label.rehearsal"

// addRehearsal says that a vote is none, if it is so.
func (t *page) addRehearsal(p *voting.Poll) {
	if p.Terms.Rehearsal {
		t.add(rehearsalLabel)
	}
}

// composeFile is the archive of a vote that is over.
func (b *Bot) composeFile(ctx context.Context, id voting.ID) (chat.Content, error) {
	b.Checkpoint("close.before-archive")
	p, archive, err := b.Polls.Tally(ctx, id, b.Now())
	if err != nil {
		return chat.Content{}, err
	}
	name := archiveName(p)
	return chat.Content{Plain: name, File: &chat.File{Name: name, Type: "application/x-tar", Data: archive}}, nil
}

// archiveName is the name of the file with which anybody can recount.
func archiveName(p *voting.Poll) string { return string(p.ID) + ".bel" }

// addVerdict says in one sentence what is decided, or why nothing is.
func (t *page) addVerdict(q voting.Question, v *voting.Verdict) {
	names := func(of []int) string {
		var all []string
		for _, i := range of {
			all = append(all, q.Options[i])
		}
		return strings.Join(all, ", ")
	}
	if v.Outcome == voting.NoQuorum || q.Kind == voting.KindMotion {
		t.add("poll.result." + string(v.Outcome))
		if v.Tie && v.Outcome == voting.Rejected {
			t.add("poll.result.tie")
		}
		return
	}
	head := t.texts.Text("poll.result.head")
	if len(v.Winners) > 0 {
		t.addCount("poll.result.elected", len(v.Winners), "head", head, "names", names(v.Winners))
		head = ""
	}
	switch v.Outcome {
	case voting.RunOff:
		t.addCount("poll.result.run-off", v.Open, "head", head, "names", names(v.Again))
	case voting.Lot:
		t.addCount("poll.result.lot", v.Open, "head", head, "names", names(v.Again))
	case voting.Vacant:
		t.addCount("poll.result.vacant", v.Open, "head", head)
	}
}

// addNumbers says how many votes there are of each kind, with a bar beside that every client shows.
func (t *page) addNumbers(q voting.Question, c *voting.Count) {
	longest := 0
	for _, part := range c.Parts {
		longest = max(longest, slices.Max(part.Votes))
	}
	for i, part := range c.Parts {
		if q.Kind == voting.KindSingly {
			t.add("poll.result.candidate", "candidate", q.Options[i], "yes", part.Votes[voting.Yes], "no", part.Votes[voting.No],
				"abstain", part.Votes[voting.Abstain], "bar", bar(part.Votes[voting.Yes], longest))
			continue
		}
		for k, n := range part.Votes {
			t.add("poll.result.option", "option", answerIn(t.texts, q.Options[k]), "n", n, "bar", bar(n, longest))
		}
	}
	if q.Invalid {
		t.add("poll.result.invalid", "n", c.Parts[0].Invalid)
	}
}

// bar is as long as n is to the longest.
func bar(n, longest int) string {
	if n == 0 {
		return ""
	}
	length := n
	if longest > mostBar {
		length = max(1, (n*mostBar+longest/2)/longest)
	}
	return " " + strings.Repeat("█", length)
}

// addNeeded says how many votes it took, where that is a number.
func (t *page) addNeeded(q voting.Question, v *voting.Verdict) {
	if v.Rule.Majority == voting.MajorityRelative || len(v.Judged) == 0 {
		return
	}
	j := v.Judged[0]
	if q.Kind == voting.KindSingly && slices.ContainsFunc(v.Judged, func(other voting.Judgment) bool { return other.Needed != j.Needed }) {
		return
	}
	key := "poll.result.needed"
	if q.Kind == voting.KindMotion {
		key = "poll.result.needed-yes"
	}
	t.addCount(key, j.Needed, "of", j.Of)
}

// unanimous says whether everybody who voted voted the same, so that nothing is hidden.
func unanimous(q voting.Question, c *voting.Count) bool {
	for _, part := range c.Parts {
		for _, n := range append(slices.Clone(part.Votes), part.Invalid) {
			if n != 0 && n != c.Cast {
				return false
			}
		}
	}
	return c.Cast > 0
}
