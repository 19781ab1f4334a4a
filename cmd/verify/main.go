// Command verify rechecks a vote from its archive, without any network and without the bot. It is one file for the
// members of a group, to be run on any computer: on Windows it is enough to drop the archive onto it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"

	"stimmbote/voting/verify"
)

func main() {
	args := os.Args[1:]
	code := verify.Run("verify", args, os.Stdout, os.Stderr)
	if runtime.GOOS == "windows" && len(args) < 2 { // its window would close before anybody could read it
		fmt.Print("Press Enter to close. ")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	}
	os.Exit(code)
}
