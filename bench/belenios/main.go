// Command belenios measures voting/belenios beside other people's belenios-tool, on this machine and in one run, and
// prints both and their ratio: machines differ, ratios less. From what the tools need the start of a process is taken
// off. It prints a table in Markdown.
//
//	go run ./bench/belenios [-voters 1000] [-tools DIR] [-memory 10000,100000] [-verdicts]
//
// DIR is what tools/belenios-tools.sh prints; without it only the installed tool is measured. -memory makes archives of
// that many ballots, which takes a minute for 100 000, and says how much memory verifying them needs. -verdicts lists
// what each tool says to ten of our archives.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench/belenios:", err)
		os.Exit(1)
	}
}

func run() error {
	voters := flag.Int("voters", 1000, "of the large vote; 0 leaves the tools out, below 20 is too few")
	dir := flag.String("tools", os.Getenv("BELENIOS_TOOLS"), "folder with newer versions of belenios-tool")
	memory := flag.String("memory", "", "numbers of ballots to measure the memory for")
	verdicts := flag.Bool("verdicts", false, "list what the tools say to ten archives")
	flag.Parse()

	work, err := os.MkdirTemp("", "bench-belenios-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	tools, err := findTools(*dir)
	if err != nil {
		return err
	}
	if *verdicts {
		return listVerdicts(work, tools)
	}
	if *voters > 0 {
		if err := compareAll(work, tools, max(*voters, few)); err != nil {
			return err
		}
	}
	if *memory == "" {
		return nil
	}
	fmt.Println("| ballots | archive | verified in | memory |\n|---|---|---|---|")
	for field := range strings.SplitSeq(*memory, ",") {
		n, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		if err := measureMemory(work, n); err != nil {
			return err
		}
	}
	return nil
}

func compareAll(work string, tools []*tool, voters int) error {
	fmt.Printf("%d cores, %s, 1 question with 5 options, %d voters, 3 trustees\n\n", runtime.GOMAXPROCS(0), runtime.Version(), voters)
	fmt.Println("| work | ours | tool | theirs | ratio |\n|---|---|---|---|---|")
	for _, t := range tools {
		if err := compare(work, t, voters); err != nil {
			return err
		}
	}
	fmt.Println()
	return nil
}

// findTools lists the installed tool and newer ones.
func findTools(dir string) ([]*tool, error) {
	paths := []string{"belenios-tool"}
	if dir != "" {
		newer, err := filepath.Glob(filepath.Join(dir, "belenios-tool-*"))
		if err != nil {
			return nil, err
		}
		paths = append(paths, newer...)
	}
	var all []*tool
	for _, path := range paths {
		t, err := newTool(path)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}
