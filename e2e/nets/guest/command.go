package guest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Command runs a guest as a program: it reads its options as JSON from the first line of in, then "moved" and "report" from
// the next ones, and writes "joined" and reports. It ends with in.
func Command(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	if !lines.Scan() {
		return fmt.Errorf("reading options: %w", io.ErrUnexpectedEOF)
	}
	var o Options
	if err := json.Unmarshal(lines.Bytes(), &o); err != nil {
		return fmt.Errorf("reading options: %w", err)
	}
	g := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := g.Run(ctx, func() { fmt.Fprintln(out, "joined") })
		if err != nil {
			fmt.Fprintln(os.Stderr, "guest:", err)
			fmt.Fprintln(out, "failed")
		}
		ended <- err
	}()
	for lines.Scan() {
		switch lines.Text() {
		case "moved":
			g.Moved()
		case "report":
			if err := json.NewEncoder(out).Encode(g.Report()); err != nil {
				cancel()
				return err
			}
		}
	}
	cancel()
	return <-ended
}
