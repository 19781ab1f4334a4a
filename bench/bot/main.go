// Command bot measures what the program costs, and how fast it reaches a large group, around the real program on a
// throwaway homeserver without limits, or holds a vote there. It prints a table in Markdown: work, measured, aim.
//
//	go run ./bench/bot [-members 200] [-bare] [-group Ed25519] [-idle 60s] [-size] [-first] [-votes] [-calls] [-tellers] [-limits] [-raw FILE]
//	go run ./bench/bot -machine [-idle 60s] [-raw FILE]
//
// Aims are for two cores with nothing else on them. The exit status is 0 whatever was measured: a busy machine is no
// defect of the program.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"stimmbote/e2e/world"
	"stimmbote/voting"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench/bot:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	members := flag.Int("members", 200, "of the large group; 0 leaves it out")
	bare := flag.Bool("bare", true, "in the large group, measure also what the direct chats take by bare requests")
	group := flag.String("group", voting.Defaults().Group, "that votes are encrypted in, but those on Synapse and with tellers")
	size := flag.Bool("size", true, "build the program as a release has it, and measure its size")
	idle := flag.Duration("idle", time.Minute, "how long to watch the bot do nothing; 0 leaves it out")
	first := flag.Bool("first", true, "measure how long `make try` takes to its first prompt")
	votes := flag.Bool("votes", true, "measure receipts")
	inCalls := flag.Bool("calls", true, "measure the card of a call, and the first picture in a browser")
	tellers := flag.Bool("tellers", true, "measure votes whose keys three machines hold too")
	machine := flag.Bool("machine", false, "measure nothing but an idle machine of a teller")
	limits := flag.Bool("limits", true, "measure what is foretold on a Synapse with its own limits")
	flag.StringVar(&raw, "raw", "", "also add the figures to this file, a line of JSON each")
	flag.Parse()
	repo, err := os.Getwd()
	if err != nil {
		return err
	}

	fmt.Printf("%d cores, %s\n\n| what | measured | aim |\n|---|---|---|\n", runtime.NumCPU(), runtime.Version())
	if *machine {
		return withTellers(ctx, repo, *idle, false)
	}
	if *size {
		if err := binary(ctx); err != nil {
			return err
		}
	}
	if *first {
		if err := firstPrompt(ctx); err != nil {
			return err
		}
	}
	if *limits {
		if err := limited(ctx, repo); err != nil {
			return err
		}
	}
	if *tellers {
		if err := withTellers(ctx, repo, *idle, true); err != nil {
			return err
		}
	}
	if *idle == 0 && *members == 0 && !*votes && !*inCalls {
		return nil
	}
	w, err := world.New(ctx, world.Options{Repo: repo, Say: say, Config: func(config map[string]any) {
		config["poll"].(map[string]any)["group"] = *group
	}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	if *idle > 0 {
		if err := doNothing(ctx, w, *idle); err != nil {
			return err
		}
	}
	if *votes {
		if err := receipts(ctx, w); err != nil {
			return err
		}
	}
	if *inCalls {
		if err := calls(ctx, w); err != nil {
			return err
		}
	}
	if *members > 0 {
		people, err := reachAll(ctx, w, *members, *bare)
		if err != nil {
			return err
		}
		return largeVote(ctx, w, people, *group)
	}
	return nil
}

func say(what string) { fmt.Fprintln(os.Stderr, "…", what) }

// raw is the file to which the figures are added, if any.
var raw string

// row is a line of the table.
func row(what, measured, aim string) {
	fmt.Printf("| %s | %s | %s |\n", what, measured, aim)
	if raw == "" {
		return
	}
	if err := record(what, measured, aim); err != nil {
		say(err.Error())
	}
}

// record adds a figure to the file of all that were ever measured.
func record(what, measured, aim string) error {
	f, err := os.OpenFile(raw, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	load, _ := os.ReadFile("/proc/loadavg")
	line := map[string]any{
		"at": time.Now().UTC().Format(time.RFC3339), "what": what, "measured": measured, "aim": aim,
		"cores": runtime.NumCPU(), "go": runtime.Version(), "load": strings.TrimSpace(string(load)),
	}
	return errors.Join(json.NewEncoder(f).Encode(line), f.Close())
}
