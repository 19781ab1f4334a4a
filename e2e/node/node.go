// Package node runs programs of others in the tests that are written for Node, from the folder e2e.
//
// It brings a Node of its own (from npm, for Linux), and fetches everything by a lock file that holds a checksum of each
// package. Nothing of that is run while it is installed.
package node

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// arch is what npm calls the machine.
var arch = map[string]string{"amd64": "x64", "arm64": "arm64"}

// one installs at a time.
var one sync.Mutex

// command returns the command that runs a script of the folder e2e, and installs what it needs where that has not been
// done.
func command(ctx context.Context, repo, script string, args ...string) (*exec.Cmd, error) {
	dir := filepath.Join(repo, "e2e")
	if err := install(ctx, dir); err != nil {
		return nil, err
	}
	program := filepath.Join(dir, "node_modules", "node-linux-"+arch[runtime.GOARCH], "bin", "node")
	cmd := exec.Command(program, append([]string{filepath.Join(dir, script)}, args...)...)
	cmd.Dir = dir
	return cmd, nil
}

// install fetches what the lock file names, unless exactly that is there.
func install(ctx context.Context, dir string) error {
	one.Lock()
	defer one.Unlock()
	want, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("reading what the tests need of others: %w", err)
	}
	mark := filepath.Join(dir, "node_modules", ".installed.json")
	if have, err := os.ReadFile(mark); err == nil && bytes.Equal(have, want) {
		return nil
	}
	cmd := exec.CommandContext(ctx, "npm", "ci")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("fetching with npm what the tests need of others: %w\n%s", err, out)
	}
	return os.WriteFile(mark, want, 0o600)
}

// File reads a file of a package, and installs it where that has not been done.
func File(ctx context.Context, repo, name string) ([]byte, error) {
	dir := filepath.Join(repo, "e2e")
	if err := install(ctx, dir); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, "node_modules", filepath.FromSlash(name)))
	if err != nil {
		return nil, fmt.Errorf("reading a file of others: %w", err)
	}
	return data, nil
}

// Run runs a script to its end and gives what it said.
func Run(ctx context.Context, repo, script string, args ...string) ([]byte, error) {
	cmd, err := command(ctx, repo, script, args...)
	if err != nil {
		return nil, err
	}
	return cmd.CombinedOutput()
}
