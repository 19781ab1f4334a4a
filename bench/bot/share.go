package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"stimmbote/e2e/world"
)

// shares is how much of the processors each of those used that share them: the bot, the homeserver, and this process, which
// is everybody's client.
type shares struct{ bot, homeserver, people time.Duration }

// shared is what they have used since they began.
func shared(ctx context.Context, w *world.World) (s shares, err error) {
	numbers, err := world.Numbers(ctx, w.Bot.OpsURL)
	if err != nil {
		return s, err
	}
	s.bot = time.Duration(numbers["process_cpu_seconds_total"] * float64(time.Second))
	if s.homeserver, err = usedBy(w.Homeserver.Pid()); err != nil {
		return s, err
	}
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return s, fmt.Errorf("asking for the time of this process: %w", err)
	}
	s.people = time.Duration(own.Utime.Nano() + own.Stime.Nano())
	return s, nil
}

// tick is the unit in which Linux says how much time a process has used.
const tick = time.Second / 100

// usedBy is how much of the processors a process has used since it began.
func usedBy(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, behind, _ := strings.Cut(string(stat), ") ") // the name of the program is in brackets
	fields := strings.Fields(behind)
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d has no times: %q", pid, stat)
	}
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick, err
}

// since is what was used since before.
func (s shares) since(before shares) shares {
	return shares{s.bot - before.bot, s.homeserver - before.homeserver, s.people - before.people}
}

func (s shares) String() string {
	return fmt.Sprintf("%s, %s, %s", seconds(s.bot), seconds(s.homeserver), seconds(s.people))
}
