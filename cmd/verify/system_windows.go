package main

import (
	"syscall"
	"unsafe"
)

var kernel = syscall.NewLazyDLL("kernel32.dll")

// german is the primary language in the number of a German locale; the other bits are the country.
const (
	german      = 0x07
	primaryMask = 0x3ff
)

// systemLanguage is what windows and menus speak; it is empty if that is not German.
func systemLanguage() string {
	ask := kernel.NewProc("GetUserDefaultUILanguage")
	if ask.Find() != nil {
		return ""
	}
	if id, _, _ := ask.Call(); id&primaryMask == german {
		return "de"
	}
	return ""
}

// ownWindow says whether the window was opened for this program alone, as it is when somebody clicks on it: it closes
// as soon as the program ends.
func ownWindow() bool {
	ask := kernel.NewProc("GetConsoleProcessList")
	if ask.Find() != nil {
		return false
	}
	var ids [2]uint32
	n, _, _ := ask.Call(uintptr(unsafe.Pointer(&ids[0])), uintptr(len(ids)))
	return n == 1
}
