package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"time"
)

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peak runs a program and asks the system, again and again, how much memory it has had at most, in bytes. What is
// reported at its end will not do: the memory of this process would be in it. Known on Linux alone, 0 elsewhere.
func peak(cmd *exec.Cmd) (int64, error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	var most int64
	for {
		select {
		case err := <-ended:
			return most, err
		case <-time.After(10 * time.Millisecond):
		}
		if text, err := os.ReadFile(status); err == nil {
			if found := highWater.FindSubmatch(text); found != nil {
				n, _ := strconv.ParseInt(string(found[1]), 10, 64)
				most = max(most, n<<10)
			}
		}
	}
}
