package main

import (
	"os"
	"runtime/debug"
)

// spareMemory is how much memory may be garbage before it is collected, in percent of what is used: half of Go's default.
const spareMemory = 50

// beFrugal is for what runs on small machines and leaves little behind, so that it costs next to nothing: forwarding, and
// holding keys. GOGC has the last word.
func beFrugal() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(spareMemory)
	}
}
