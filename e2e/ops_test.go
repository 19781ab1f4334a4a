package e2e

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// fetch is the answer to a request.
func fetch(ctx context.Context, t *testing.T, url string) (code int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestNumbersNameNobody(t *testing.T) {
	w, ctx := shared(t), limit(t, time.Minute)
	chair := w.People[world.Chair]
	say(ctx, t, chair, world.Group, "!ping")
	hear(ctx, t, chair, world.Group, `(?i)works`)
	if code, said := fetch(ctx, t, w.Bot.OpsURL+"/readyz"); code != 200 {
		t.Errorf("not ready: %s", said)
	}
	_, numbers := fetch(ctx, t, w.Bot.OpsURL+"/metrics")
	for _, want := range []string{"stimmbote_sync_age_seconds ", "stimmbote_cross_signed 1\n", `stimmbote_deliveries{state="sent"} `, "process_resident_memory_bytes "} {
		if !strings.Contains(numbers, want) {
			t.Errorf("%q is missing in:\n%s", want, numbers)
		}
	}
	if strings.Contains(numbers, "stimmbote_events_total 0\n") {
		t.Error("nothing was counted")
	}
	names := append(world.Everybody(), string(w.Group()), "localhost", strings.TrimPrefix(w.Homeserver.URL, "http://"))
	for _, name := range names {
		if strings.Contains(numbers, name) {
			t.Errorf("the numbers name %s", name)
		}
	}
}

// Who starts the program again when it has ended learns from the status whether that helps.
func TestExitStatusSaysWhetherToTryAgain(t *testing.T) {
	w, ctx := shared(t), limit(t, time.Minute)
	for name, c := range map[string]struct {
		change func(config map[string]any)
		want   int
	}{
		"configuration": {func(config map[string]any) { config["language"] = "fr" }, 2},
		"password":      {func(config map[string]any) { config["matrix"].(map[string]any)["password"] = "wrong" }, 3},
		"port in use": {func(config map[string]any) {
			config["ops"].(map[string]any)["listen"] = strings.TrimPrefix(w.Bot.OpsURL, "http://")
		}, 1},
	} {
		b := another(ctx, t, w, c.change)
		cmd := b.Command("run", "--config", b.Config)
		if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != c.want {
			t.Errorf("%s: exit status %d, want %d:\n%s", name, cmd.ProcessState.ExitCode(), c.want, out)
		}
	}
}

// A request that never ends holds the stop up for seconds; a second signal does not wait for it.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	w, ctx := shared(t), limit(t, time.Minute)
	b := another(ctx, t, w, nil)
	cmd, out := b.Command("run", "--config", b.Config), &world.Said{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	address := strings.TrimPrefix(b.WebURL, "http://")
	var slow net.Conn
	eventually(ctx, t, func() (open bool) {
		var err error
		slow, err = (&net.Dialer{}).DialContext(ctx, "tcp", address)
		return err == nil
	}, func() string { return "the port does not open:\n" + out.String() })
	defer slow.Close()
	// A request whose body does not come: its answer would be waited for. It is asked to go on when it is being read.
	if _, err := io.WriteString(slow, "POST /r/x/look HTTP/1.1\r\nHost: "+address+"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(slow).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("it answers %q: %v", line, err)
	}
	signal := func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}
	signal()
	eventually(ctx, t, func() bool { return strings.Contains(out.String(), "second signal") }, func() string { return "it does not stop:\n" + out.String() })
	select {
	case err := <-ended:
		t.Fatalf("it did not wait for the request: %v\n%s", err, out)
	case <-time.After(300 * time.Millisecond):
	}
	begun := time.Now()
	signal()
	select {
	case err := <-ended:
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
			t.Errorf("it ended with %v", err)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
	case <-ctx.Done():
		t.Fatalf("a second signal does not end it:\n%s", out)
	}
}
