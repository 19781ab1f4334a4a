package media

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// together is how many tests run at the same time: they wait much more than they work.
const together = "4"

// TestMain looks in the end whether everything has ended that the tests and their servers have started.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", together); err != nil {
		panic(err)
	}
	code := m.Run()
	if left := leftover(); code == 0 && left != "" {
		fmt.Println("goroutines are left over:\n" + left)
		code = 1
	}
	os.Exit(code)
}

// leftover gives the goroutines of ours and of pion's that do not end within a while.
func leftover() string {
	for end := time.Now().Add(2 * patience); ; time.Sleep(200 * time.Millisecond) {
		buf := make([]byte, 8<<20)
		var left []string
		for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] { // but this one
			ours := strings.Contains(g, "stimmbote/media") || strings.Contains(g, "github.com/pion/")
			if ours && !ofClosingClient(g) {
				left = append(left, g)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}

// ofClosingClient says whether a goroutine is what pion leaves behind of a client of these tests into which a stream came
// just when it was closed: one that waits for more of it. Nothing of the server is excused.
func ofClosingClient(g string) bool {
	return strings.Contains(g, "handleIncomingSSRC") && strings.Contains(g, "media.(*ofClient).BindRemoteStream.")
}
