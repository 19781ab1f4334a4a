// Command wasm is the verification of an archive for browsers. It gives the page two functions:
// stimmboteVerify, which takes the bytes of an archive and returns what `stimmbote verify` says about
// it, as JSON and in plain words, and stimmboteReveal, which takes those of a test envelope and returns what is in it.
// It reads nothing else, and keeps nothing.
//
// Elsewhere than in a browser it builds itself for there: see build.go.
package main

import (
	"syscall/js"

	"stimmbote/voting/verify"
)

func main() {
	for name, says := range map[string]func([]byte) []byte{"stimmboteVerify": verify.Told, "stimmboteReveal": verify.Envelope} {
		js.Global().Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any {
			if len(args) != 1 || !args[0].InstanceOf(js.Global().Get("Uint8Array")) {
				return ""
			}
			file := make([]byte, args[0].Length())
			js.CopyBytesToGo(file, args[0])
			return string(says(file))
		}))
	}
	select {} // the functions are called until the page is closed
}
