//go:build crashtest

package main

import (
	"os"
	"syscall"
)

// checkpoint kills the process, as kill -9 does, at the moment named by STIMMBOTE_CRASH.
func checkpoint(name string) {
	if os.Getenv(otherVariables[0]) == name {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal may take a moment
	}
}

// otherVariables are the environment variables that set no option.
var otherVariables = []string{"STIMMBOTE_CRASH"}
