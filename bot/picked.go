package bot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

const (
	// inFile stands for those whom a file lists.
	inFile = "file:"
	// mostListed is how many bytes such a file may have.
	mostListed = 256 << 10
	// listedWithin is how long a file that somebody sent is the one that they mean.
	listedWithin = time.Hour
	// mostFiles is how many files are remembered, of all rooms.
	mostFiles = 1000
	// mostUnknown is how many names are said that nobody has.
	mostUnknown = 5
)

// picked is the roll that somebody names: all members, those with a power, those in the call, people
// one by one, or those in a file.
func (b *Bot) picked(ctx context.Context, m chat.Message, who []string) ([]voting.Member, error) {
	room := m.Room
	roll, err := b.roll(ctx, room)
	if err != nil || len(who) == 0 {
		return roll, err
	}
	if who[0] == inCallNow {
		with, _, err := b.attending(ctx, room)
		if err == nil && len(with) == 0 {
			err = refuse("refusal.who-call")
		}
		return with, err
	}
	if who[0] == inFile {
		if who, err = b.listedIn(ctx, m); err != nil {
			return nil, err
		}
	}
	if n, ok := strings.CutPrefix(who[0], powerOf); ok {
		power, err := strconv.Atoi(n)
		if err != nil {
			return nil, fmt.Errorf("reading a power: %w", err)
		}
		var some []voting.Member
		for _, one := range roll {
			has, err := b.Line.Power(ctx, room, string(one))
			if err != nil {
				return nil, fmt.Errorf("asking for the power in %s: %w", room, err)
			}
			if has >= power {
				some = append(some, one)
			}
		}
		if len(some) == 0 {
			return nil, &voting.Refusal{Key: "refusal.who-power", Args: []any{"power", power}}
		}
		return some, nil
	}
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	var some []voting.Member
	var unknown []string
	for _, name := range who {
		id := person(members, name)
		if id == "" || !slices.Contains(roll, voting.Member(id)) {
			unknown = append(unknown, i18n.Name(name, mostName))
			continue
		}
		some = append(some, voting.Member(id))
	}
	if more := len(unknown) - mostUnknown; more > 0 {
		unknown = append(unknown[:mostUnknown], fmt.Sprintf("… (+%d)", more))
	}
	if len(unknown) > 0 {
		return nil, &voting.Refusal{Key: "refusal.who-unknown", Args: []any{"who", strings.Join(unknown, ", ")}}
	}
	slices.Sort(some)
	return slices.Compact(some), nil
}

// whoOption is where an option begins that names people.
var whoOption = regexp.MustCompile(`(?i)(?:\p{Pd}{2,}|[‒–—―])(?:who|wer)[\s=:]`)

// withIDs puts the Matrix IDs of those whom a message names into the place of their names, where
// people are to be named: clients write names with blanks there.
func withIDs(text string, mentions []chat.Mention) string {
	at := whoOption.FindStringIndex(text)
	if at == nil {
		return text
	}
	return text[:at[1]] + mentioned(text[at[1]:], mentions)
}

// mentioned puts the Matrix IDs of those whom a message names into the place of their names.
func mentioned(after string, mentions []chat.Mention) string {
	done := ""
	for _, one := range mentions {
		for _, name := range []string{"[" + one.Name + "](https://matrix.to/#/" + one.ID + ")", "@" + strings.TrimPrefix(one.Name, "@"), one.Name} {
			if head, rest, found := strings.Cut(after, name); found {
				done, after = done+head+one.ID+" ", rest
				break
			}
		}
	}
	return done + after
}

// keepFile remembers, as long as the process lives, which file somebody sent last into a group: it
// is fetched only if they name it.
func (b *Bot) keepFile(m chat.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, file := range b.files {
		if len(b.files) >= mostFiles || b.Now().Sub(file.At) > listedWithin {
			delete(b.files, key)
		}
	}
	b.files[m.Room+" "+m.Sender] = m
}

// listedIn reads the names in the file that the sender of a message sent last into the same room.
func (b *Bot) listedIn(ctx context.Context, m chat.Message) ([]string, error) {
	b.mu.Lock()
	file, known := b.files[m.Room+" "+m.Sender]
	b.mu.Unlock()
	if !known || m.At.Sub(file.At) > listedWithin {
		return nil, refuse("refusal.who-no-file")
	}
	if err := b.unforged(ctx, file); err != nil {
		return nil, err
	}
	data, err := b.Line.Fetch(ctx, *file.File, mostListed)
	switch {
	case errors.Is(err, chat.ErrFileLong), errors.Is(err, chat.ErrFileGone):
		return nil, refuse("refusal.who-file")
	case err != nil:
		return nil, err
	}
	names := namesIn(data)
	if len(names) == 0 {
		return nil, refuse("refusal.who-file")
	}
	return names, nil
}

// namesIn reads a list of members: one a line, and of a table with several columns the Matrix ID,
// or else the first. A line that begins with # is none. What is no text has no names.
func namesIn(data []byte) []string {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.ContainsRune(data, 0) {
		return nil
	}
	var names []string
	for line := range strings.Lines(string(data)) {
		cells := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("\t\r\n,;", r) })
		name := ""
		for _, cell := range slices.Backward(cells) {
			cell = strings.Trim(strings.TrimSpace(cell), `"`)
			if name == "" || !isAccount(name) || isAccount(cell) {
				name = cell
			}
		}
		if name != "" && !strings.HasPrefix(name, "#") {
			names = append(names, name)
		}
	}
	return names
}
