package main

import (
	"runtime"
	"runtime/debug"
)

// version names the program, its revision if it was built from a checkout, and its Go.
func version() string {
	revision := "built without a revision"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
		if v := info.Main.Version; v != "" && v != "(devel)" {
			revision = v
		}
	}
	return "stimmbote " + revision + " (" + runtime.Version() + ")"
}
