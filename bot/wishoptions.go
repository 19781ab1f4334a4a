package bot

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"stimmbote/voting"
)

// wishOption is an option of a vote, and what it changes in a wish.
type wishOption struct {
	option
	example string
	set     func(b *Bot, w *wish, value string) error
}

// errValue tells that the value of an option means nothing.
var errValue = errors.New("no such value")

// wishOptions are the options of a vote.
func wishOptions() []wishOption {
	return append(termOptions(),
		wishOption{option{names: []string{"choose", "auswahl"}, value: true}, "1-3", (*Bot).setChoose},
		wishOption{option{names: []string{"candidates", "kandidaten", "each", "einzeln"}}, "", (*Bot).setEach},
		wishOption{option{names: []string{"seats", "plätze", "plaetze"}, value: true}, "3", (*Bot).setSeats},
		wishOption{option{names: []string{"majority", "mehrheit"}, value: true}, "2/3", (*Bot).setMajority},
		wishOption{option{names: []string{"of", "von"}, value: true}, "cast", (*Bot).setBase},
		wishOption{option{names: []string{"quorum", "beteiligung"}, value: true}, "50%", (*Bot).setQuorum},
		wishOption{option{names: []string{"invalid", "ungültig", "ungueltig"}}, "", func(_ *Bot, w *wish, _ string) error {
			w.invalid = true
			return nil
		}},
	)
}

// optionsOf are the options as a command has them.
func optionsOf(all []wishOption) []option {
	known := make([]option, len(all))
	for i, o := range all {
		known[i] = o.option
	}
	return known
}

// apply changes a wish as options say.
func (b *Bot) apply(w *wish, options map[string]string) error {
	for _, o := range wishOptions() {
		value, given := options[o.names[0]]
		if !given {
			continue
		}
		if o.value && value == "" {
			return &voting.Refusal{Key: "refusal.no-value", Args: []any{"flag", o.names[0], "example", o.example}}
		}
		err := o.set(b, w, value)
		if errors.Is(err, errValue) {
			return &voting.Refusal{Key: "refusal.value", Args: []any{"flag", o.names[0], "value", value, "example", o.example}}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// flagName is the name of an option in a language.
func flagName(first, language string) string {
	for _, o := range wishOptions() {
		if o.names[0] == first && language == "de" {
			return o.names[1]
		}
	}
	return first
}

// setChoose reads how many options may be chosen: "3" is one to three, "2-3", "0-3".
func (b *Bot) setChoose(w *wish, value string) error {
	from, to, both := strings.Cut(strings.Map(oneDash, strings.ReplaceAll(value, " ", "")), "-")
	if !both {
		from, to = "1", strings.TrimSpace(value)
	}
	least, err1 := strconv.Atoi(from)
	most, err2 := strconv.Atoi(to)
	if errors.Join(err1, err2) != nil || least < 0 || most < 1 || least > most {
		return errValue
	}
	w.least, w.most, w.each = least, most, false
	return nil
}

// oneDash makes one sign of all that phones make of a dash.
func oneDash(r rune) rune {
	if r >= '\u2010' && r <= '\u2015' || r == '\u2212' {
		return '-'
	}
	return r
}

func (b *Bot) setEach(w *wish, _ string) error {
	w.each, w.least, w.most = true, 0, 0
	return nil
}

func (b *Bot) setSeats(w *wish, value string) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return errValue
	}
	w.seats = n
	return nil
}

// setMajority reads a majority by its name in any language, or as a fraction.
func (b *Bot) setMajority(w *wish, value string) error {
	m, ok := b.majority(value)
	if !ok {
		return errValue
	}
	w.rule.Majority = m
	return nil
}

func (b *Bot) majority(value string) (voting.Majority, bool) {
	for _, m := range []voting.Majority{voting.MajorityRelative, voting.MajoritySimple, voting.MajorityAbsolute, voting.MajorityUnanimous, "2/3", "3/4", "4/5"} {
		if b.words.is("vote.words.majority."+strings.ReplaceAll(string(m), "/", "-"), value) {
			return m, true
		}
	}
	m, err := voting.ParseMajority(strings.TrimSpace(value))
	return m, err == nil
}

func (b *Bot) setBase(w *wish, value string) error {
	for _, base := range []voting.Base{voting.BaseYesNo, voting.BaseCast, voting.BaseAll, voting.BasePresent} {
		if b.words.is("vote.words.of."+string(base), value) {
			w.rule.Base = base
			return nil
		}
	}
	return errValue
}

func (b *Bot) setQuorum(w *wish, value string) error {
	q, err := voting.ParseQuorum(strings.ReplaceAll(value, " ", ""))
	if err != nil {
		return errValue
	}
	w.rule.Quorum = q
	return nil
}

// commandOptions are the options of all commands that begin a vote.
var commandOptions = slices.Clip(optionsOf(wishOptions()))
