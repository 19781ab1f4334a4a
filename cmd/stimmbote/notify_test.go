package main

import (
	"net"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestTellsTheServiceManager(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	if err := announce(t.Context(), func() bool { return true }); err != nil {
		t.Fatal(err)
	}
	if err := socket.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 200)
	n, err := socket.Read(buf)
	if got := string(buf[:n]); err != nil || got != "READY=1\nSTATUS=Connected" {
		t.Errorf("told %q, %v", got, err)
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "gone"))
	if err := notify("READY=1"); err == nil {
		t.Error("a service manager that is not there was told")
	}
}

func TestAnnouncesALateHomeserverToo(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if err := announce(t.Context(), func() bool { return false }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took != patience {
			t.Errorf("it took %s, want %s", took, patience)
		}
		var ready atomic.Bool
		time.AfterFunc(3*time.Second, func() { ready.Store(true) })
		begun = time.Now()
		if err := announce(t.Context(), ready.Load); err != nil || time.Since(begun) > 4*time.Second {
			t.Errorf("%v after %s, want nil after 3 s", err, time.Since(begun))
		}
	})
}
