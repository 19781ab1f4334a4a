package bot

import (
	"strings"

	"stimmbote/i18n"
	"stimmbote/voting"
)

// addRule says in words by which rule a vote is judged.
func (t *page) addRule(q voting.Question, r voting.Rule) {
	base := r.Basis()
	switch elects := q.Kind != voting.KindMotion; {
	case !elects && r.Majority == voting.MajorityUnanimous:
		t.add("poll.draft.rule.unanimous." + string(base))
	case !elects && base == voting.BaseYesNo && (r.Majority == voting.MajoritySimple || r.Majority == voting.MajorityRelative):
		t.add("poll.draft.rule.more")
	case !elects:
		t.add("poll.draft.rule.share", "share", shareIn(t.texts, r.Majority), "base", t.texts.Text("poll.draft.base."+string(base)))
	case q.Kind == voting.KindSingly && r.Majority == voting.MajorityRelative:
		t.add("poll.draft.rule.each-more")
	case q.Kind == voting.KindSingly:
		t.add("poll.draft.rule.each", "share", shareIn(t.texts, r.Majority), "base", t.texts.Text("poll.draft.base."+string(base)))
	case r.Majority == voting.MajorityRelative:
		t.addCount("poll.draft.rule.most", r.Seats)
	default:
		t.addCount("poll.draft.rule.elect", r.Seats, "share", shareIn(t.texts, r.Majority), "base", t.texts.Text("poll.draft.base.elect."+string(base)))
	}
	if q.Kind == voting.KindSingly && r.Seats > 0 && r.Seats < len(q.Options) {
		t.addCount("poll.draft.rule.best", r.Seats)
	}
	if r.RunOff {
		t.add("poll.draft.rule.lot")
	}
}

// addQuorum says how many have to vote.
func (t *page) addQuorum(r voting.Rule, entitled int) {
	if n := r.Quorum.Needed(entitled); n > 0 {
		t.addCount("poll.draft.quorum", n, "of", entitled)
	}
}

// shareIn is a majority in words, such as "more than half".
func shareIn(texts *i18n.Texts, m voting.Majority) string {
	switch m {
	case voting.MajorityRelative, voting.MajoritySimple, voting.MajorityAbsolute:
		return texts.Text("poll.draft.share.half")
	case voting.MajorityUnanimous:
		return texts.Text("poll.draft.share.whole")
	}
	return texts.Text("poll.draft.share.part", "part", string(m))
}

// choiceIn is what somebody chose, in words.
func choiceIn(texts *i18n.Texts, q voting.Question, c voting.Choice) string {
	if c.Invalid {
		return texts.Text("ballot.answer.invalid")
	}
	var all []string
	for i, n := range c.Options {
		switch {
		case q.Kind == voting.KindSingly && len(q.Options) > 1:
			all = append(all, texts.Text("ballot.answer.each", "candidate", q.Options[i], "answer", answerIn(texts, q.Answers[n])))
		case q.Kind == voting.KindSingly:
			all = append(all, answerIn(texts, q.Answers[n]))
		default:
			all = append(all, answerIn(texts, q.Options[n]))
		}
	}
	if len(all) == 0 {
		return texts.Text("ballot.answer.none")
	}
	return strings.Join(all, ", ")
}

// numbered are the numbered options of a ballot, in a reader's language.
func numbered(texts *i18n.Texts, q voting.Question) []string {
	t := page{texts: texts}
	t.addNumbered(q)
	return t.plain
}

// addNumbered shows the numbered options of a ballot, one a line.
func (t *page) addNumbered(q voting.Question) {
	names := q.Options
	if q.Kind == voting.KindSingly && len(names) == 1 {
		names = q.Answers
	}
	for i, name := range names {
		t.add("ballot.option", "number", i+1, "answer", answerIn(t.texts, name))
	}
	if q.Invalid {
		t.add("ballot.option", "number", len(names)+1, "answer", t.texts.Text("ballot.answer.invalid"))
	}
	if q.Kind == voting.KindSeveral && q.Least == 0 {
		t.add("ballot.option", "number", 0, "answer", t.texts.Text("ballot.answer.none"))
	}
}

// addHow says how a ballot is answered.
func (t *page) addHow(q voting.Question) {
	kind, args := howTo(q)
	t.add("ballot.how."+kind, args...)
}

// addChoose asks for an answer and shows what can be chosen, in one line.
func (t *page) addChoose(q voting.Question) {
	kind, args := howTo(q)
	t.add("ballot.choose."+kind, append(args, "options", strings.Join(numbered(t.texts, q), ", "))...)
}

// howTo names the way in which a ballot is answered.
func howTo(q voting.Question) (kind string, args []any) {
	switch {
	case q.Kind == voting.KindSeveral && q.Least == q.Most:
		return "exactly", []any{"most", q.Most}
	case q.Kind == voting.KindSeveral && q.Least <= 1:
		return "several", []any{"most", q.Most}
	case q.Kind == voting.KindSeveral:
		return "range", []any{"least", q.Least, "most", q.Most}
	case q.Kind == voting.KindSingly && len(q.Options) > 1:
		return "each", nil
	default:
		return "number", nil
	}
}

// title is the question, with the candidate if there is only one.
func title(q voting.Question) string {
	if q.Kind == voting.KindSingly && len(q.Options) == 1 {
		return q.Text + " – " + q.Options[0]
	}
	return q.Text
}

// addLabel says who could learn an answer: it follows from how the vote is held.
func (t *page) addLabel(p *voting.Poll) {
	t.addRehearsal(p)
	if !p.Terms.Rehearsal || p.Level() == voting.Open {
		t.add("poll.label." + p.Level().String())
	}
}
