package main

import (
	"runtime"
	"runtime/debug"
)

// release names the release that this program is part of; the linker sets it.
var release string

// version names the program, its release, or its revision if it was built from a checkout, and its Go.
func version() string {
	if release != "" {
		return "stimmbote " + release + " (" + runtime.Version() + ")"
	}
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
