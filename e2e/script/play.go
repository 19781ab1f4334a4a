package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"stimmbote/e2e/world"
)

// Failure is a line that did not hold.
type Failure struct {
	Line     Line
	Expected string // what was to happen
	Got      string // what happened instead, if there is more to say
	Read     string // the last messages that the person of the line could read
}

func (f *Failure) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  expected: %s\n", f.Line.Where, f.Line.Source, f.Expected)
	if f.Got != "" {
		fmt.Fprintf(&b, "  but: %s\n", indent(f.Got, "       "))
	}
	b.WriteString(f.Read)
	return strings.TrimRight(b.String(), "\n")
}

// player is a script being played.
type player struct {
	world  *world.World
	out    io.Writer
	values map[string]string
	person *world.Person            // of the last line that named one
	more   map[string]*world.Person // p7, p8 …
	last   *world.Message
}

// Play plays the lines in the world and tells on out how they went. The error
// is a *Failure if a line did not hold.
func Play(ctx context.Context, w *world.World, lines []Line, out io.Writer) error {
	p := &player{world: w, out: out, values: map[string]string{}, person: w.People[world.Chair]}
	defer p.leave(context.WithoutCancel(ctx))
	for _, line := range lines {
		fmt.Fprintf(out, "%s: %s\n", line.Where, line.Source)
		if line.Person != "" {
			p.person = p.called(line.Person)
		}
		if err := p.play(ctx, line); err != nil {
			return p.explain(line, err)
		}
	}
	return nil
}

// unmet is what a line expected and what came instead.
type unmet struct{ expected, got string }

func (u *unmet) Error() string { return u.expected + ": " + u.got }

// explain makes a Failure of what went wrong with a line.
func (p *player) explain(line Line, err error) error {
	f := &Failure{Line: line, Expected: "this to work", Got: err.Error(), Read: p.read()}
	if u, ok := errors.AsType[*unmet](err); ok {
		f.Expected, f.Got = u.expected, u.got
	}
	if !p.world.Bot.Alive() {
		f.Read += "  the bot is not running; its last words:\n    " + indent(p.world.Bot.Log(20), "    ") + "\n"
	}
	return f
}

func (p *player) play(ctx context.Context, line Line) error {
	switch line.Kind {
	case Say:
		return p.say(ctx, line)
	case Wait:
		return p.wait(ctx, line)
	case Never:
		return p.never(ctx, line)
	case Set:
		return p.set(line)
	case Succeeds, Fails:
		return p.command(ctx, line)
	case RestartBot:
		return p.world.Bot.Restart(ctx)
	case KillBot:
		return p.world.Bot.Kill(ctx)
	case People:
		return p.invite(ctx, line.N)
	case Reply, Edit, Redact:
		return p.deed(ctx, line)
	case Tap:
		return p.tap(ctx, line)
	case StopHolder, KillHolder, StartHolder:
		return p.machine(ctx, line)
	case StopHomeserver:
		p.world.Homeserver.Stop()
		return nil
	case StartHomeserver:
		return p.world.Homeserver.Start(ctx)
	default:
		return sleep(ctx, line.Within)
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func chatOf(line Line) world.Chat {
	if line.Direct {
		return world.Direct
	}
	return world.Group
}

func (p *player) say(ctx context.Context, line Line) error {
	text, err := p.fill(line.Text, asItIs)
	if err != nil {
		return err
	}
	if line.Direct {
		if err := p.person.AwaitDirect(ctx, waitFor); err != nil {
			return &unmet{fmt.Sprintf("a direct chat in which the bot has written to %s, within %s", line.Person, waitFor), err.Error()}
		}
	}
	_, err = p.person.Say(ctx, chatOf(line), strings.ReplaceAll(text, `\n`, "\n"))
	return err
}

func (p *player) wait(ctx context.Context, line Line) error {
	re, err := p.regexp(line.Text)
	if err != nil {
		return err
	}
	m, err := p.person.Inbox.Wait(ctx, chatOf(line), matches(re), line.Within)
	if errors.Is(err, world.ErrNothing) {
		return &unmet{fmt.Sprintf("a message of the bot in %s's %s chat that matches %s, within %s",
			line.Person, strings.ToLower(string(chatOf(line))), re, line.Within), "none came"}
	}
	if err != nil {
		return err
	}
	p.last = &m
	fmt.Fprintf(p.out, "    %s\n", indent(m.Body, "    "))
	return nil
}

func (p *player) never(ctx context.Context, line Line) error {
	re, err := p.regexp(line.Text)
	if err != nil {
		return err
	}
	m, err := p.person.Inbox.Arrives(ctx, chatOf(line), matches(re), line.Within)
	if errors.Is(err, world.ErrNothing) {
		return nil
	}
	if err != nil {
		return err
	}
	return &unmet{fmt.Sprintf("no message of the bot that matches %s in the next %s", re, line.Within), "this one came: " + m.Body}
}

func (p *player) set(line Line) error {
	re, err := p.regexp(line.Text)
	if err != nil {
		return err
	}
	if p.last == nil {
		return &unmet{"a message that an earlier line waited for", "no line has waited for one yet"}
	}
	m := re.FindStringSubmatch(p.last.Body)
	if m == nil {
		return &unmet{fmt.Sprintf("the message last matched to match %s", re), "it says: " + p.last.Body}
	}
	p.values[line.Name] = m[1]
	fmt.Fprintf(p.out, "    %s = %s\n", line.Name, m[1])
	return nil
}

func matches(re *regexp.Regexp) func(world.Message) bool {
	return func(m world.Message) bool { return re.MatchString(m.Body) }
}

// regexp compiles a regular expression in which values stand for themselves.
func (p *player) regexp(text string) (*regexp.Regexp, error) {
	text, err := p.fill(text, regexp.QuoteMeta)
	if err != nil {
		return nil, err
	}
	return regexp.Compile(text)
}

func asItIs(s string) string { return s }

// fill replaces the names that have a value now.
func (p *player) fill(text string, quote func(string) string) (string, error) {
	var missing error
	text = expand(text, func(name string) (string, bool) {
		value, ok := p.values[name]
		switch name {
		case nameLink:
			value, ok = p.person.Inbox.Link(), true
		case nameFile:
			value, ok = p.person.Inbox.File(), true
		}
		if ok && value == "" && (name == nameLink || name == nameFile) {
			missing = &unmet{
				fmt.Sprintf("a value for ${%s}", name),
				fmt.Sprintf("%s has seen no %s yet", p.person.Name, map[string]string{nameLink: "web link", nameFile: "attached file"}[name]),
			}
		}
		return quote(value), ok
	})
	return text, missing
}
