//go:build !crashtest

package main

// checkpoint marks the moments at which a crash would hurt most. The build for crash tests
// dies there; this one goes on.
func checkpoint(string) {}

// otherVariables are the environment variables that set no option.
var otherVariables []string
