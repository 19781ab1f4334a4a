//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"stimmbote/e2e/nets/scene"
)

// columns are what the table says of each server.
var columns = []struct {
	name string
	of   func(scene.Figures) int
}{
	{"joined ms", func(f scene.Figures) int { return f.Joined }},
	{"silent ms to bernd", func(f scene.Figures) int { return f.Bernd.Silent }},
	{"of bernd", func(f scene.Figures) int { return f.Anna.Silent }},
	{"frozen ms to bernd", func(f scene.Figures) int { return f.Bernd.Frozen }},
	{"of bernd", func(f scene.Figures) int { return f.Anna.Frozen }},
	{"sound back ms", func(f scene.Figures) int { return worse(f.Bernd.SoundBack, f.Anna.SoundBack) }},
	{"picture back ms", func(f scene.Figures) int { return worse(f.Bernd.PictureBack, f.Anna.PictureBack) }},
	{"best back ms", func(f scene.Figures) int { return f.Bernd.BestBack }},
}

func worse(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return max(a, b)
}

// table says for each case the medians of ours, and behind a stroke those of LiveKit.
func table(w io.Writer, all []scene.Figures) {
	head := []string{"network", "runs, failed"}
	for _, c := range columns {
		head = append(head, c.name)
	}
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, c := range scene.Cases() {
		cells := make([][]string, len(columns)+1)
		for _, name := range []string{"stimmbote", "livekit"} {
			runs, good := of(all, c.Name, name)
			if runs == 0 {
				continue
			}
			cells[0] = append(cells[0], fmt.Sprintf("%d, %d", runs, runs-len(good)))
			for i, column := range columns {
				cells[i+1] = append(cells[i+1], median(c, column.name, good, column.of))
			}
		}
		if len(cells[0]) == 0 {
			continue
		}
		line := []string{c.Name}
		for _, cell := range cells {
			line = append(line, strings.Join(cell, " / "))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(line, " | "))
	}
}

// of is how often a case was tried on a server, and the figures of those that went.
func of(all []scene.Figures, name, server string) (runs int, good []scene.Figures) {
	for _, f := range all {
		if f.Case != name || f.Server != server {
			continue
		}
		if runs++; f.Error == "" {
			good = append(good, f)
		}
	}
	return runs, good
}

// median is the middle one, where never is more than anything; nothing where the case has no such figure.
func median(c scene.Case, name string, all []scene.Figures, of func(scene.Figures) int) string {
	if len(all) == 0 || strings.Contains(name, "back") && c.Then == nil {
		return "–"
	}
	var list []int
	for _, f := range all {
		v := of(f)
		if v < 0 {
			v = math.MaxInt
		}
		list = append(list, v)
	}
	slices.Sort(list)
	if middle := list[len(list)/2]; middle < math.MaxInt {
		return strconv.Itoa(middle)
	}
	return "never"
}
