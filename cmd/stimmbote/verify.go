package main

import (
	"io"

	"stimmbote/voting/verify"
)

// verifyArchive is `stimmbote verify`: see package verify.
func verifyArchive(args []string, stdout, stderr io.Writer) int {
	return verify.Program{Name: "stimmbote verify", Stdout: stdout, Stderr: stderr}.Run(args)
}
