// Command try makes a throwaway world to try the bot in: a real homeserver, the
// bot, an encrypted group, five simulated members, and two tellers with their machines. Alone it is a
// conversation; with --script FILE it plays a story and says whether it held.
//
//	go run ./e2e/try [--language de] [--keep] [--script FILE]
//
// Everything listens on 127.0.0.1 only, and nothing is left behind, however it
// ends. The exit status is 0 if every line of the script held, 1 if one did not,
// 2 if the script or the command line cannot be read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"stimmbote/e2e/script"
	"stimmbote/e2e/world"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(try(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

func try(ctx context.Context, args []string, stdin *os.File, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("try", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("script", "", "play this `file` instead of talking (docs/try.md describes the language)")
	language := flags.String("language", "en", "what the bot speaks: en or de")
	keep := flags.Bool("keep", false, "leave the world's folder behind, to look into it")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "try: what is %q meant to be? A script goes after --script.\n", flags.Arg(0))
		return exitUsage
	}
	var lines []script.Line
	if *file != "" {
		var err error
		if lines, err = read(*file); err != nil {
			fmt.Fprintln(stderr, err)
			return exitUsage
		}
	} else {
		fmt.Fprint(stdout, introduction)
	}
	o := world.Options{Language: *language, Keep: *keep, Native: true, Tellers: lines == nil || script.NeedsTellers(lines)}
	err := inWorld(ctx, o, stdout, func(w *world.World) error {
		if lines == nil {
			return converse(ctx, w, stdin, stdout)
		}
		began := time.Now()
		if err := script.Play(ctx, w, lines, stdout); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Every line held: %d of %d, in %d s.\n", len(lines), len(lines), int(time.Since(began).Seconds()))
		return nil
	})
	if err != nil {
		if ctx.Err() != nil {
			err = errors.New("interrupted")
			if lines == nil {
				return exitOK // the way to end a conversation
			}
		}
		fmt.Fprintln(stderr, err)
		return exitError
	}
	return exitOK
}

// read reads a script. It is empty, but not nil, if it does nothing.
func read(file string) ([]script.Line, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("reading the script: %w", err)
	}
	defer f.Close()
	lines, err := script.Parse(file, f, world.Everybody())
	if err == nil && lines == nil {
		lines = []script.Line{}
	}
	return lines, err
}

// inWorld makes a world, does something in it and ends it.
func inWorld(ctx context.Context, o world.Options, out io.Writer, do func(*world.World) error) (err error) {
	if o.Repo, err = project(); err != nil {
		return err
	}
	o.Say = func(what string) { fmt.Fprintf(out, "… %s\n", what) }
	w, err := world.New(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, w.Close())
		if o.Keep {
			fmt.Fprintf(out, "What the world wrote is in %s\n", w.Dir)
		}
	}()
	return do(w)
}

// project is the folder of the project, in which or below which this runs.
func project() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module stimmbote\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is not in the project's folder: this is built from its sources and needs them", start)
		}
	}
}
