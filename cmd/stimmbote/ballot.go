package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"stimmbote/i18n"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

const ballotUsage = `usage: stimmbote ballot --link URL [--choice C] [--file PATH] [--language de|en]
       stimmbote ballot --test FILE [--election FINGERPRINT] [--language de|en]

Seals a vote on this machine and hands it in, as the page behind the link does.
  --link URL        the personal link of a ballot ("-": it is the first line of standard input)
  --choice C        answer without being asked: numbers from 1 on, "," within a question,
                    ";" between questions, "blank" for an invalid vote
  --file PATH       write the sealed ballot there instead of handing it in, to be pasted into the
                    direct chat ("-": to standard output)
  --test FILE       show what is in a ballot that was opened instead of handed in ("-": standard input)
  --election FP     and compare its election with the fingerprint that the group was told
exit codes: 0 the receipt is there, the file is written, or the test holds; 1 refused, with the reason;
2 wrong usage; 3 the bot cannot be reached
`

const exitUnreachable = 3

// ballotOptions are what the command was told.
type ballotOptions struct {
	link, choice, file, test, election, language string
	chosen                                       bool
}

// ballot is `stimmbote ballot`: it seals a vote and hands it in, or checks a test envelope.
func ballot(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	o, err := parseBallot(args, stderr)
	if err != nil {
		return exitUsage
	}
	texts, err := i18n.Load(o.language)
	if err != nil {
		fmt.Fprint(stderr, ballotUsage)
		return exitUsage
	}
	d := newDialog(ctx, stdin, stdout, texts)
	if o.file == "-" {
		d.out = stderr
	}
	b := &balloting{ballotOptions: o, dialog: d, stdin: stdin, stdout: stdout, stderr: stderr}
	b.bot = caster{client: &http.Client{Timeout: time.Minute}, pause: firstPause}
	return b.run()
}

func parseBallot(args []string, stderr io.Writer) (o ballotOptions, err error) {
	flags := flag.NewFlagSet("ballot", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, ballotUsage) }
	flags.StringVar(&o.link, "link", "", "")
	flags.StringVar(&o.choice, "choice", "", "")
	flags.StringVar(&o.file, "file", "", "")
	flags.StringVar(&o.test, "test", "", "")
	flags.StringVar(&o.election, "election", "", "")
	flags.StringVar(&o.language, "language", spoken(), "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	flags.Visit(func(f *flag.Flag) { o.chosen = o.chosen || f.Name == "choice" })
	if flags.NArg() > 0 || (o.link == "") == (o.test == "") || o.test != "" && (o.chosen || o.file != "") || o.link != "" && o.election != "" {
		fmt.Fprint(stderr, ballotUsage)
		return o, errors.New("wrong usage")
	}
	return o, nil
}

// balloting is one run of the command.
type balloting struct {
	ballotOptions
	*dialog
	bot            caster
	stdin          io.Reader
	stdout, stderr io.Writer
}

func (b *balloting) run() int {
	var err error
	if b.test != "" {
		err = b.check()
	} else {
		err = b.vote()
	}
	said, isRefusal := errors.AsType[refused](err)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errUsageOf):
		return exitUsage
	case isRefusal:
		fmt.Fprintln(b.stderr, "stimmbote: "+said.sentence)
		return exitError
	}
	for _, known := range []error{errNotSent, errUnreachable, errLink, errFingerprint, errElection, errToken, errOver, errTracker, errChoice, errTest, errEnded} {
		if !errors.Is(err, known) {
			continue
		}
		key := known.Error()
		if known == error(errEnded) {
			key = errEnded.Key
		}
		fmt.Fprintf(b.stderr, "stimmbote: %s\n", b.texts.Text(key))
		if err != known {
			fmt.Fprintf(b.stderr, "(%v)\n", err)
		}
		switch known {
		case errUnreachable, errNotSent:
			return exitUnreachable
		case errLink, errChoice:
			return exitUsage
		}
		return exitError
	}
	fmt.Fprintf(b.stderr, "stimmbote: %v\n", err)
	return exitError
}

var errUsageOf = errors.New("wrong usage")

// vote asks, seals and hands in.
func (b *balloting) vote() error {
	if b.link == "-" {
		line, err := firstLine(b.stdin)
		if err != nil {
			return err
		}
		b.link, b.live = line, false
	}
	if !b.chosen && !b.live {
		fmt.Fprint(b.stderr, ballotUsage)
		return errUsageOf
	}
	var err error
	if b.bot.link, err = readLink(b.link); err != nil {
		return err
	}
	v, election, err := b.bot.look(b.ctx)
	if err != nil {
		return err
	}
	if v.Familiar {
		if b.texts, err = b.texts.Familiar(); err != nil {
			return err
		}
	}
	for {
		vote, err := b.choose(v, election.Questions())
		if err != nil {
			return err
		}
		sealed, test, err := election.SealTest(rand.Reader, b.bot.link.token, vote)
		if err != nil {
			return err
		}
		goOn, err := b.review(test)
		if err != nil {
			return err
		}
		if goOn {
			return b.handIn(sealed)
		}
	}
}

// handIn sends the ballot, or writes it.
func (b *balloting) handIn(sealed []byte) error {
	tracker := belenios.Tracker(sealed)
	switch {
	case b.file == "-":
		if _, err := fmt.Fprintf(b.stdout, "%s\n", sealed); err != nil {
			return fmt.Errorf("writing the ballot: %w", err)
		}
	case b.file != "":
		if err := os.WriteFile(b.file, sealed, 0o600); err != nil {
			return fmt.Errorf("writing the ballot: %w", err)
		}
		b.say("cast.written", "file", b.file)
	default:
		r, err := b.bot.send(b.ctx, sealed)
		if errors.Is(err, errUnreachable) {
			return fmt.Errorf("%w: %w", errNotSent, err)
		}
		if err != nil {
			return err
		}
		b.say("cast.done")
		if r.Replaced {
			b.say("cast.replaced")
		}
	}
	b.sayCheck("cast.check", tracker)
	return nil
}

// sayCheck says under which words and which code a ballot is found, or told apart before it is signed; computed here.
func (b *balloting) sayCheck(key, tracker string) {
	b.say(key, "words", strings.Join(voting.Words(tracker, b.texts.Language()), "-"), "code", belenios.Code(tracker))
}

// firstLine reads a secret that is not to stand in the list of processes.
func firstLine(r io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(r, 4096))
	if err != nil {
		return "", fmt.Errorf("reading the link: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSpace(line), nil
}
