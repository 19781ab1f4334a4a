package verify

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"stimmbote/voting/belenios"
)

// Talk is Run for a window of its own, to which nobody can give options: it asks for the file if none is named, shows
// what it found, and looks for the codes of receipts until somebody presses Enter alone. It always speaks plainly.
func (p Program) Talk(in io.Reader, args []string) int {
	if plain[p.Language] == nil {
		p.Language = "en"
	}
	t, lines := plain[p.Language], bufio.NewScanner(in)
	ask := func(key string) string {
		fmt.Fprintf(p.Stdout, "\n%s\n> ", t.say(key))
		lines.Scan()
		return strings.TrimSpace(lines.Text())
	}
	if len(args) == 0 {
		name := strings.Trim(ask("window.file"), `"'`) // as windows and terminals put it
		if name == "" {
			return int(belenios.Unsupported)
		}
		fmt.Fprintln(p.Stdout)
		args = []string{name}
	}
	code, f := p.run(args)
	if f == nil || f.Status == statuses[belenios.Unsupported] {
		ask("window.end")
		return code
	}
	for {
		wanted := ask("window.again")
		if wanted == "" {
			return f.Exit
		}
		f.find(wanted)
		fmt.Fprintln(p.Stdout, f.ballot(f.Checks[len(f.Checks)-1], t))
	}
}
