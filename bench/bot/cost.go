package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"stimmbote/e2e/world"
)

const mega = 1e6

// binary is the size of the program as a release has it.
func binary(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "bench-bot-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "stimmbote")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, "./cmd/stimmbote")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("building the program: %w", err)
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	row("the program, stripped", fmt.Sprintf("%.1f MB", float64(info.Size())/mega), "40 MB")
	return nil
}

// firstPrompt is how long somebody waits who types `make try`, when all is built already.
func firstPrompt(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", "try")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	for said := bufio.NewScanner(out); said.Scan(); {
		if strings.Contains(said.Text(), ready) {
			row("`make try`, warm, to the first prompt", fmt.Sprintf("%.1f s", time.Since(began).Seconds()), "10 s")
			break
		}
	}
	_ = in.Close() // the way to end a conversation
	_, _ = io.Copy(io.Discard, out)
	return cmd.Wait()
}

// ready is what `make try` says when somebody can type.
const ready = "You are chair"

// doNothing watches the bot while nobody asks anything of it.
func doNothing(ctx context.Context, w *world.World, d time.Duration) error {
	busy, after, err := watch(ctx, w.Bot.OpsURL, d)
	if err != nil {
		return err
	}
	row("idle in a group of six: processor", fmt.Sprintf("%.2f %% of a core", 100*busy), "0.5 %")
	row("idle in a group of six: memory", fmt.Sprintf("%.0f MB", after[memory]/mega), "60 MB")
	return nil
}

// watch is how many cores a program uses during some time, and what it then says of itself.
func watch(ctx context.Context, opsURL string, d time.Duration) (busy float64, after map[string]float64, err error) {
	before, err := world.Numbers(ctx, opsURL)
	if err != nil {
		return 0, nil, err
	}
	began := time.Now()
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 0, nil, ctx.Err()
	}
	if after, err = world.Numbers(ctx, opsURL); err != nil {
		return 0, nil, err
	}
	const cpu = "process_cpu_seconds_total"
	return (after[cpu] - before[cpu]) / time.Since(began).Seconds(), after, nil
}

const memory = "process_resident_memory_bytes"
