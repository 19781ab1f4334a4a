package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// errTest tells that a ballot has something else in it than its test envelope says.
var errTest = errors.New("cast.error.test")

// choose takes the answers from the command line, or asks for them.
func (b *balloting) choose(v *askedVote, questions []belenios.Question) ([][]int, error) {
	if b.chosen {
		return readChoice(b.choice, questions)
	}
	if v.Group != "" {
		b.say("cast.group", "group", v.Group)
	}
	b.say("cast.title", "question", v.Title)
	if v.Level == voting.Shared.String() || v.Level == voting.Secret.String() {
		b.say("cast.called", "words", voting.Said(b.bot.link.fingerprint, v.Language))
	}
	if v.Final {
		b.say("cast.final")
	}
	vote := make([][]int, len(questions))
	for i, q := range questions {
		var err error
		if vote[i], err = b.askOne(q, v.Title); err != nil {
			return nil, err
		}
	}
	return vote, nil
}

// askOne asks one question until it is answered.
func (b *balloting) askOne(q belenios.Question, title string) ([]int, error) {
	if q.Text != title {
		fmt.Fprintln(b.out, q.Text)
	}
	for i, option := range q.Answers {
		fmt.Fprintf(b.out, "  %d = %s\n", i+1, option)
	}
	if q.Blank {
		b.say("cast.ask.blank")
	}
	for {
		switch {
		case q.Max == 1 && q.Min == 1:
			b.say("cast.ask.number")
		default:
			b.say("cast.ask.several", "least", q.Min, "most", q.Max)
		}
		line, err := b.read()
		if err != nil {
			return nil, err
		}
		vote, err := readAnswer(line, q)
		if err == nil {
			names, blank := chosenIn(q, vote)
			switch {
			case blank:
				b.say("cast.chosen.blank")
			case len(names) == 0:
				b.say("cast.chosen.none")
			default:
				b.say("cast.chosen", "answer", strings.Join(names, ", "))
			}
			return vote, nil
		}
		b.say("cast.error.choice")
	}
}

// review names the sealed ballot and asks what to do with it. Only then it shows whether it will be
// cast or opened: so that whatever sealed it could not know. goOn is false when it is void.
func (b *balloting) review(test *belenios.Test) (goOn bool, err error) {
	if b.chosen {
		return true, nil
	}
	b.sayCheck("cast.test.check", test.Tracker)
	for {
		b.say("cast.review")
		line, err := b.read()
		if err != nil {
			return false, err
		}
		switch strings.ToLower(line) {
		case "ok", "ja", "yes":
			return true, nil
		case "test", "probe":
			name := "test-" + belenios.Code(test.Tracker) + ".json"
			if err := os.WriteFile(name, append(test.Envelope, '\n'), 0o600); err != nil {
				return false, fmt.Errorf("writing the test envelope: %w", err)
			}
			b.say("cast.test.written", "file", name)
			if err := b.show(test.Envelope); err != nil {
				return false, err
			}
			b.say("cast.test.void")
			return false, nil
		case "nein", "no", "x":
			b.say("cast.again")
			return false, nil
		}
	}
}

// check shows what is in a test envelope.
func (b *balloting) check() error {
	envelope, err := b.readTest()
	if err != nil {
		return fmt.Errorf("reading the test envelope: %w", err)
	}
	return b.show(envelope)
}

func (b *balloting) readTest() ([]byte, error) {
	source := b.stdin
	if b.test != "-" {
		file, err := os.Open(b.test)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		source = file
	}
	return io.ReadAll(io.LimitReader(source, mostAnswered))
}

// show seals again what an envelope says, and says what it is.
func (b *balloting) show(envelope []byte) error {
	r, err := belenios.Reveal(envelope)
	if err != nil {
		return fmt.Errorf("%w: %w", errTest, err)
	}
	if b.election != "" && r.Fingerprint != b.election {
		return errFingerprint
	}
	b.say("cast.test.holds", "fingerprint", r.Fingerprint)
	for i, q := range r.Questions {
		fmt.Fprintln(b.out, q.Text)
		names, blank := chosenIn(q, r.Vote[i])
		if blank {
			b.say("cast.chosen.blank")
		} else {
			fmt.Fprintln(b.out, "  → "+strings.Join(names, ", "))
		}
	}
	b.sayCheck("cast.test.check", r.Tracker)
	return nil
}
