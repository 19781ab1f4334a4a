package main

import (
	"fmt"
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
	show(verdict(w.Bot.Command("verify", archive), "stimmbote verify "+name))
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		show("not rechecked with belenios-tool: " + err.Error())
		return
	}
	script := filepath.Join(strings.TrimSpace(string(root)), "recheck.sh")
	show(verdict(exec.Command(script, archive), "recheck.sh "+name+", by belenios-tool (not written by us)"))
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
