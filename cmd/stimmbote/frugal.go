package main

import (
	"os"
	"runtime/debug"
)

// spareMemory is how much memory may be garbage before it is collected, in percent of what is used: half of Go's default.
const spareMemory = 50

// beFrugal is for what runs for long on small machines, beside other programs, and leaves little behind, so that it costs
// next to nothing. GOGC has the last word.
func beFrugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(spareMemory)
	}
}
