// Command wasm is the verification of an archive for browsers. It gives the page one function,
// stimmboteVerify, which takes the bytes of an archive and returns what `stimmbote verify --json`
// says about it. It reads nothing else, and keeps nothing.
//
// Elsewhere than in a browser it builds itself for there: see build.go.
package main

import (
	"syscall/js"

	"stimmbote/voting/verify"
)

func main() {
	js.Global().Set("stimmboteVerify", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 1 || !args[0].InstanceOf(js.Global().Get("Uint8Array")) {
			return ""
		}
		archive := make([]byte, args[0].Length())
		js.CopyBytesToGo(archive, args[0])
		return string(verify.JSON(archive))
	}))
	select {} // the function is called until the page is closed
}
