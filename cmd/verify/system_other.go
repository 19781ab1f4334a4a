//go:build !windows

package main

// systemLanguage: elsewhere the environment says it.
func systemLanguage() string { return "" }

// ownWindow: elsewhere a window stays, or says that the program has ended.
func ownWindow() bool { return false }
