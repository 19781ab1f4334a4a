//go:build linux

// Command nets holds meetings on bad networks, the same ones on our server and on LiveKit's at the same time, and says what
// people noticed. It prints a table in Markdown: medians of all rounds. bernd is on the bad network.
//
//	go run ./bench/nets [-ours FILE] [-livekit FILE] [-rounds 5] [-from 0] [-at-once 2] [-cases REGEXP] [-raw FILE] [-table]
//
// Networks are namespaces and a router in this program: see e2e/nets/lab. With -table it measures nothing, and makes a
// table of the raw lines that are there.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/nets/lab"
	"stimmbote/e2e/nets/scene"
)

func main() {
	scene.Guest()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/nets:", err)
		os.Exit(1)
	}
}

func run() error {
	ours := flag.String("ours", "", "stimmbote; empty: it is built")
	livekit := flag.String("livekit", "", "livekit-server; empty: ours alone")
	rounds := flag.Int("rounds", 5, "of all cases")
	from := flag.Int("from", 0, "number of the first round: of those with the same number chance is the same")
	atOnce := flag.Int("at-once", 2, "cases at the same time, each on all servers")
	only := flag.String("cases", "", "only those with names that match")
	raw := flag.String("raw", "", "also add the figures to this file, a line of JSON each")
	tabled := flag.Bool("table", false, "make a table of the raw file, and measure nothing")
	flag.Parse()
	which, err := regexp.Compile(*only)
	if err != nil {
		return err
	}
	if *tabled {
		all, err := read(*raw)
		if err != nil {
			return err
		}
		table(os.Stdout, all)
		return nil
	}
	if err := lab.Enter(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "nets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *ours == "" {
		*ours = filepath.Join(dir, "stimmbote")
		build := exec.Command("go", "build", "-o", *ours, "./cmd/stimmbote")
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building the program: %w: %s", err, out)
		}
	}
	servers := []scene.Server{scene.Ours(*ours)}
	if *livekit != "" {
		servers = append(servers, scene.LiveKit(*livekit))
	}
	var all []scene.Figures
	var mu sync.Mutex
	var tries errgroup.Group
	tries.SetLimit(max(*atOnce, 1))
	for round := range *rounds {
		for _, c := range scene.Cases() {
			if !which.MatchString(c.Name) {
				continue
			}
			tries.Go(func() error {
				list, err := sideBySide(servers, c, uint64(*from+round), dir)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, list...)
				return errors.Join(err, write(*raw, list))
			})
		}
	}
	if err := tries.Wait(); err != nil {
		return err
	}
	table(os.Stdout, all)
	return nil
}

// sideBySide tries a case on all servers at the same time, each in a world of its own: what the machine does besides is
// the same for all.
func sideBySide(servers []scene.Server, c scene.Case, seed uint64, dir string) ([]scene.Figures, error) {
	list := make([]scene.Figures, len(servers))
	var tries errgroup.Group
	for i, s := range servers {
		tries.Go(func() error {
			files, err := os.MkdirTemp(dir, "scene")
			if err != nil {
				return err
			}
			list[i] = scene.Try(s, c, seed, files)
			fmt.Fprintf(os.Stderr, "%+v\n", list[i])
			return nil
		})
	}
	return list, tries.Wait()
}

// write adds lines to the raw file.
func write(path string, list []scene.Figures) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := json.NewEncoder(file).Encode(f); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

func read(path string) ([]scene.Figures, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []scene.Figures
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var f scene.Figures
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		all = append(all, f)
	}
	return all, nil
}
