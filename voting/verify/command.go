// Package verify is the command that rechecks a vote from its archive: the same in the bot's program and in a small one
// of its own for the doubting member. It reads the files it is given and nothing else, and needs no network.
//
// Guarantees: exit code 0 only if everything in the archive was checked by voting/belenios and found right, there is a
// result, and whatever it was told to compare is the same. It writes nothing to disk. What comes from an archive is
// quoted, or freed of whatever cannot be seen, before it is printed.
//
// It speaks two ways: for experts in the terms of the specification, which is English, and in plain words, German and
// English. Those lie in this folder and not in i18n, because the small program holds nothing of the bot.
package verify

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"stimmbote/voting/belenios"
)

// usage says how the command is called, after the program's name.
const usage = `FILE.bel [--tracker T]… [--election FP] [--roll HASH | --roll-file FILE] [--closed HASH] [--json]
  --tracker T       a tracker, or the code of a receipt: is this ballot counted? Several are possible.
  --election FP     the election's fingerprint that the group was told
  --roll HASH       the hash of the roll that the group was told
  --roll-file FILE  the roll itself, as it was attached when the vote was opened
  --closed HASH     the closed hash that the group was told
  --language L      say it in plain words, in German (de) or English (en)
  --json            say everything as JSON
exit codes: 0 valid and complete, 1 invalid, or something is not as it was told, 2 cannot be read or judged,
3 sound so far, but without a result
`

// Program is who speaks, and where to.
type Program struct {
	Name           string // as one calls it, for its messages
	Language       string // of plain words: "de" or "en"; empty to speak to experts
	Stdout, Stderr io.Writer
}

// options are what the command was told.
type options struct {
	file                             string
	trackers                         list
	election, roll, rollFile, closed string
	language                         string
	json                             bool
}

// list is a flag that may be given several times.
type list []string

// String is what the flag package shows.
func (l *list) String() string { return fmt.Sprint(*l) }

// Set adds one.
func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}

var errUsage = errors.New("wrong usage")

// parse reads the arguments; the file may stand anywhere among them.
func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(&o.trackers, "tracker", "")
	flags.StringVar(&o.election, "election", "", "")
	flags.StringVar(&o.roll, "roll", "", "")
	flags.StringVar(&o.rollFile, "roll-file", "", "")
	flags.StringVar(&o.closed, "closed", "", "")
	flags.StringVar(&o.language, "language", "", "")
	flags.BoolVar(&o.json, "json", false, "")
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return o, fmt.Errorf("%w: %w", errUsage, err)
		}
		if args = flags.Args(); len(args) == 0 {
			break
		}
		if o.file != "" || args[0] == "" {
			return o, fmt.Errorf("%w: one file at a time", errUsage)
		}
		o.file, args = args[0], args[1:]
	}
	switch {
	case o.file == "":
		return o, fmt.Errorf("%w: no file", errUsage)
	case o.roll != "" && o.rollFile != "":
		return o, fmt.Errorf("%w: --roll or --roll-file, not both", errUsage)
	case o.language != "" && plain[o.language] == nil:
		return o, fmt.Errorf("%w: --language is de or en", errUsage)
	}
	return o, nil
}

// Run does what the arguments say and returns the exit code.
func (p Program) Run(args []string) int {
	code, _ := p.run(args)
	return code
}

// run is Run, and returns what was found, nil if there was no file to look at.
func (p Program) run(args []string) (int, *finding) {
	o, err := parse(args)
	if o.language == "" {
		o.language = p.Language
	}
	if err != nil {
		p.complain(o.language, err)
		return int(belenios.Unsupported), nil
	}
	f, err := recheck(o, newBar(p.Stderr))
	if err != nil {
		p.complain(o.language, err)
		return int(belenios.Unsupported), nil
	}
	switch {
	case o.json:
		e := json.NewEncoder(p.Stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(f); err != nil {
			fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err)
			return int(belenios.Unsupported), nil
		}
	case o.language != "":
		f.explain(p.Stdout, plain[o.language])
	default:
		f.print(p.Stdout)
	}
	return f.Exit, f
}

// complain says why there is nothing to judge.
func (p Program) complain(language string, err error) {
	t, speaksPlainly := plain[language]
	switch misused := errors.Is(err, errUsage); {
	case speaksPlainly && misused:
		fmt.Fprintln(p.Stderr, t.say("usage", "name", p.Name))
	case speaksPlainly:
		fmt.Fprintln(p.Stderr, t.say("fail.open", "reason", err))
	case misused:
		fmt.Fprintf(p.Stderr, "%s: %v\nusage: %s %s", p.Name, err, p.Name, usage)
	default:
		fmt.Fprintf(p.Stderr, "%s: %v\n", p.Name, err)
	}
}

// recheck verifies the file and compares. An error is about what it was given besides the archive.
func recheck(o options, progress *bar) (*finding, error) {
	var r *roll
	if o.rollFile != "" {
		var err error
		if r, err = readRoll(o.rollFile); err != nil {
			return nil, err
		}
	}
	file, err := os.Open(o.file)
	if err != nil {
		return nil, fmt.Errorf("opening the archive: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening the archive: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("opening the archive: %s is no file", o.file)
	}
	report, err := belenios.VerifyFrom(file, info.Size(), belenios.Options{Progress: progress.show})
	progress.end()
	f := newFinding(o.file, report, err)
	if report.Status != belenios.Unsupported {
		f.compare(o, r)
	}
	return f, nil
}
