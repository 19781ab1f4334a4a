package bot

import (
	"errors"
	"slices"
	"strings"
	"unicode"

	"stimmbote/i18n"
	"stimmbote/voting"
)

// wish is what somebody wants to ask, as they say it. A draft follows from it.
type wish struct {
	text        string
	options     []string // none: yes, no or abstain
	elect       bool     // the options are people
	each        bool     // yes or no to each of the options
	least, most int      // of the options, where several may be chosen
	seats       int
	invalid     bool
	rule        voting.Rule
	terms       voting.Terms
	who         []string // is on the roll; none: all members
	keys, alone bool     // it is said that tellers hold keys too, or that the bot alone does
	secret      bool     // it is said that not even whoever runs the bot may see an answer
}

// asked reads what follows a command: the question, and the options in lines of their own or
// between strokes. The question goes on until a line that ends it with a question mark.
func asked(text string) wish {
	if strings.Contains(text, "|") {
		parts := strings.Split(text, "|")
		question, first, _ := strings.Cut(parts[0], "?")
		if strings.TrimSpace(first) != "" {
			question, parts = question+"?", append([]string{first}, parts[1:]...)
		} else {
			question, parts = parts[0], parts[1:]
		}
		return wish{text: i18n.Clean(unquoted(strings.TrimSpace(question))), options: cleaned(parts)}
	}
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return i18n.Clean(line) == "" })
	if len(lines) == 0 {
		return wish{}
	}
	end := slices.IndexFunc(lines, func(line string) bool { return strings.HasSuffix(i18n.Clean(unquoted(line)), "?") })
	if marked := slices.IndexFunc(lines, func(line string) bool { return listMark(line) > 0 }); marked > 0 {
		end = marked - 1
	}
	end = max(0, end)
	question := strings.Join(lines[:end+1], " ")
	return wish{text: i18n.Clean(unquoted(strings.TrimSpace(question))), options: cleaned(lines[end+1:])}
}

// listed takes names behind the question of an election as its options: "Treasurer? Maurer, Lenz",
// "Treasurer: Maurer | Lenz".
func (w *wish) listed() {
	if !w.elect && !w.each {
		return
	}
	question, list, asks := strings.Cut(w.text, "?")
	if office, first, named := strings.Cut(w.text, ": "); !asks && named {
		question, list = office, first
	} else {
		question += "?"
	}
	switch {
	case strings.TrimSpace(list) == "":
	case len(w.options) == 0:
		w.text, w.options = question, cleaned(strings.Split(list, ","))
	case !asks:
		w.text, w.options = question, append(cleaned([]string{list}), w.options...)
	}
}

// cleaned are options without what marks them as items of a list.
func cleaned(options []string) []string {
	var clean []string
	for _, o := range options {
		o = strings.TrimSpace(o)
		if o = i18n.Clean(unquoted(strings.TrimSpace(o[listMark(o):]))); o != "" {
			clean = append(clean, o)
		}
	}
	return clean
}

// listMark is the length of what marks a line as an item of a list: "1.", "a)", "-", "•".
func listMark(line string) int {
	line = strings.TrimLeftFunc(line, unicode.IsSpace)
	mark, rest, ok := strings.Cut(line, " ")
	if !ok || strings.TrimSpace(rest) == "" {
		return 0
	}
	switch body := strings.TrimRight(mark, ".)"); {
	case len([]rune(mark)) == 1 && strings.ContainsAny(mark, "-–—*•+·"):
		return len(mark)
	case len(body)+1 == len(mark) && len(body) <= 2 && !strings.ContainsFunc(body, func(r rune) bool { return !unicode.IsDigit(r) }) && body != "":
		return len(mark)
	case len(body)+1 == len(mark) && strings.HasSuffix(mark, ")") && len(body) == 1 && unicode.IsLetter(rune(body[0])):
		return len(mark)
	}
	return 0
}

// wishOf is the wish that a poll came from.
func wishOf(p *voting.Poll) wish {
	q := p.Asked
	w := wish{text: q.Text, invalid: q.Invalid, rule: p.Rule, seats: p.Rule.Seats, terms: p.Terms}
	w.alone, w.secret = p.Terms.Tellers == "", p.Level() == voting.Secret
	switch q.Kind {
	case voting.KindMotion:
		return w
	case voting.KindSingly:
		w.each = true
	case voting.KindSeveral:
		w.least, w.most = q.Least, q.Most
	}
	w.options = slices.Clone(q.Options)
	if q.Abstain {
		w.options = w.options[:len(w.options)-1]
	}
	return w
}

// draft makes a draft of a wish, in a language, or says what is wrong with it.
func (w wish) draft(t *i18n.Texts) (voting.Draft, error) {
	q := voting.Question{Text: w.text, Options: w.options, Invalid: w.invalid}
	r := w.rule
	r.Seats = w.seats
	answers := []string{t.Text("poll.answer.yes"), t.Text("poll.answer.no"), t.Text("poll.answer.abstain")}
	usual := voting.MajoritySimple
	switch n := len(w.options); {
	case n == 0 && w.elect:
		return voting.Draft{}, refuse("refusal.no-candidates")
	case n == 0 && (w.each || w.most > 0 || w.seats > 0):
		return voting.Draft{}, refuse("refusal.no-options")
	case n > 0 && w.seats > n:
		return voting.Draft{}, &voting.Refusal{Key: "refusal.seats", Args: []any{"seats", w.seats, "n", n}}
	case n == 0:
		q.Kind, q.Options = voting.KindMotion, answers
	case w.each || n == 1 && w.elect:
		q.Kind, q.Answers = voting.KindSingly, answers
		if n == 1 {
			r.Seats = 1
		}
	case n == 1:
		return voting.Draft{}, &voting.Refusal{Key: "refusal.one-option", Args: []any{"options", strings.Join(w.options, ", ")}}
	case w.most > 1 || w.seats > 1 || w.most == 1 && w.least == 0:
		q.Kind, q.Least, q.Most = voting.KindSeveral, w.least, w.most
		if w.most == 0 {
			q.Least, q.Most = 1, w.seats
		}
		if w.seats == 0 {
			r.Seats = q.Most
		}
		usual = voting.MajorityRelative
	default:
		q.Kind, q.Abstain = voting.KindChoice, true
		q.Options = append(slices.Clone(w.options), answers[voting.Abstain])
		r.Seats = 1
	}
	if r.Majority == "" {
		r.Majority = usual
	}
	if r == (voting.Rule{Majority: voting.MajoritySimple}) {
		r = voting.Usual()
	}
	return voting.Draft{Asked: q, Rule: r, Terms: w.terms}, wrong(q, r)
}

// mostOption is how many characters an option may have.
const mostOption = 200

// wrong says in people's words what cannot be asked.
func wrong(q voting.Question, r voting.Rule) error {
	same := ""
	for i, o := range q.Options {
		if len([]rune(o)) > mostOption {
			return &voting.Refusal{Key: "refusal.long-option", Args: []any{"max", mostOption}}
		}
		if slices.ContainsFunc(q.Options[:i], func(other string) bool { return strings.EqualFold(o, other) }) {
			same = o
		}
	}
	n := len(q.Options)
	if q.Abstain {
		n--
	}
	switch {
	case q.Text == "":
		return refuse("refusal.no-question")
	case same != "":
		return &voting.Refusal{Key: "refusal.same-option", Args: []any{"same", same}}
	case q.Kind == voting.KindSeveral && q.Most > n:
		return &voting.Refusal{Key: "refusal.choose", Args: []any{"most", q.Most, "n", n}}
	case errors.Is(q.Check(), voting.ErrQuestion):
		return refuse("refusal.options")
	case errors.Is(r.Check(q), voting.ErrRule):
		return refuse("refusal.rule")
	}
	return nil
}
