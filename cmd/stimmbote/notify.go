package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// notify tells systemd how the program is, where it started it with Type=notify; elsewhere nothing.
func notify(lines ...string) error {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return nil
	}
	if strings.HasPrefix(path, "@") { // abstract: no file
		path = "\x00" + path[1:]
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Join(lines, "\n"))); err != nil {
		return fmt.Errorf("telling the service manager: %w", err)
	}
	return nil
}

// patience is how long the start may take before it counts as done nevertheless: a homeserver
// that is away is waited for, and the service manager is not to end that.
const patience = time.Minute

// announce says that the program is ready once it is, or after a minute in any case.
func announce(ctx context.Context, ready func() bool) error {
	late := time.After(patience)
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-late:
			return notify("READY=1", "STATUS=Waiting for the homeserver")
		case <-look.C:
			if ready() {
				return notify("READY=1", "STATUS=Connected")
			}
		}
	}
}
