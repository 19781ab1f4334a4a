// Command verify rechecks a vote from its archive, without any network and without the bot, in plain words. It is one
// file for the doubting member of a group, to be run on any computer: on Windows it is enough to drop the archive onto
// it, and without an archive it asks for one.
//
// Options and exit codes are those of `stimmbote verify`. The language is that of the system, or of --language.
package main

import (
	"cmp"
	"os"

	"stimmbote/voting/verify"
)

func main() {
	language := cmp.Or(verify.Spoken(os.Getenv), verify.LanguageOf(systemLanguage()))
	p := verify.Program{Name: "stimmbote-verify", Language: language, Stdout: os.Stdout, Stderr: os.Stderr}
	args := os.Args[1:]
	if len(args) < 2 && ownWindow() || len(args) == 0 && isTerminal(os.Stdin) && isTerminal(os.Stdout) {
		os.Exit(p.Talk(os.Stdin, args))
	}
	os.Exit(p.Run(args))
}

// isTerminal says whether a person may sit at the other end.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
