package main

import (
	"cmp"
	"io"
	"os"

	"stimmbote/voting/verify"
)

// verifyArchive is `stimmbote verify`: see package verify.
func verifyArchive(args []string, stdout, stderr io.Writer) int {
	return verify.Program{Name: "stimmbote verify", Stdout: stdout, Stderr: stderr}.Run(args)
}

// spoken is the language of whoever typed the command.
func spoken() string { return cmp.Or(verify.Spoken(os.Getenv), "en") }
