package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"stimmbote/e2e/world"
)

// recheck lets our own verifier and Debian's belenios-tool judge an archive that
// was sent to the group, and shows both verdicts.
func recheck(w *world.World, archive string, screen *screen) {
	show := func(text string) { screen.line("Check", "", text) }
	name := filepath.Base(archive)
	ours := w.Bot.Command("verify", archive)
	show(verdict(ours, "stimmbote verify "+name))
	tool, err := exec.LookPath("belenios-tool")
	if err != nil {
		show("belenios-tool is not installed, so nobody else has rechecked it: apt install belenios-tool")
		return
	}
	// It wants a folder with one election in it.
	dir, err := os.MkdirTemp(w.Dir, "recheck-")
	if err == nil {
		err = os.Symlink(archive, filepath.Join(dir, name))
	}
	if err != nil {
		show("not rechecked with belenios-tool: " + err.Error())
		return
	}
	show(verdict(exec.Command(tool, "election", "verify", "--dir", dir), "belenios-tool election verify (not written by us)"))
}

// verdict runs a verifier and says in one line how it ended, then what it said.
func verdict(cmd *exec.Cmd, name string) string {
	out, err := cmd.CombinedOutput()
	end := "it is valid"
	if err != nil {
		end = fmt.Sprintf("NOT valid (%s)", err)
	}
	return fmt.Sprintf("%s: %s\n%s", name, end, strings.TrimSpace(string(out)))
}
