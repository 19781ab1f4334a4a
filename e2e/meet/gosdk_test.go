package meet

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// LiveKit's Go SDK as it is published meets itself on the media server.
func TestStrangersProgram(t *testing.T) {
	t.Parallel()
	h := newOpenHouse(t)
	bin := filepath.Join(t.TempDir(), "gosdk")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, ".")
	build.Dir = "../gosdk"
	build.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false") // a module of its own
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	address := strings.Replace(h.address, "http", "ws", 1)
	out, err := exec.CommandContext(ctx, bin, "-url", address, "-key", openKey, "-secret", openSecret).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "met\n") {
		t.Errorf("%v\n%s", err, out)
	}
}
