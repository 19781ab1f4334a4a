//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"stimmbote/voting/verify"
)

// Whoever builds the file anew, in whichever folder, gets the bytes that are committed.
func TestCommittedIsWhatTheSourcesGive(t *testing.T) {
	if runtime.Version() != toolchain {
		t.Logf("not compared: the committed file is built with %s, and this is %s, which makes other bytes", toolchain, runtime.Version())
		return
	}
	elsewhere := t.TempDir()
	for _, file := range []string{"go.mod", "go.sum"} {
		copyFile(t, filepath.Join("../../..", file), filepath.Join(elsewhere, file))
	}
	must(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if !d.IsDir() && !strings.HasSuffix(path, "_test.go") {
			copyFile(t, path, filepath.Join(elsewhere, "voting", strings.TrimPrefix(path, "../..")))
		}
		return nil
	}))
	built, err := build(filepath.Join(elsewhere, "voting/belenios/wasm"))
	must(t, err)
	committed, err := os.ReadFile(packed)
	must(t, err)
	if !bytes.Equal(built, committed) {
		t.Error("web/wasm/verify.wasm.gz is not what the sources give: run go generate ./voting/belenios/wasm")
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(to), 0o700))
	must(t, os.WriteFile(to, data, 0o600))
}

// What a browser is told about an archive is what the command says, of sound ones and of forged ones.
func TestSaysWhatTheCommandSays(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("this test runs the file as a browser does, in Node: please run `apt install nodejs`")
	}
	dir := t.TempDir()
	file, err := os.Open(packed)
	must(t, err)
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	must(t, err)
	wasm, err := io.ReadAll(unpacked)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "verify.wasm"), wasm, 0o600))
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	must(t, err)
	copyFile(t, filepath.Join(strings.TrimSpace(string(root)), "lib/wasm/wasm_exec.js"), filepath.Join(dir, "wasm_exec.js"))
	script := `
globalThis.crypto ??= require("node:crypto").webcrypto // Node 18 has it there only
require("./wasm_exec.js")
const fs = require("fs"), go = new Go()
WebAssembly.instantiate(fs.readFileSync("verify.wasm"), go.importObject).then(({ instance }) => {
	go.run(instance)
	const [envelope, ...files] = process.argv.slice(2)
	const all = files.map(file => stimmboteVerify(new Uint8Array(fs.readFileSync(file))))
	console.log(JSON.stringify([stimmboteReveal(new TextEncoder().encode(envelope)), ...all]))
	console.error([stimmboteVerify, stimmboteReveal].every(f => f("nothing") === "" && f() === "") ? "refuses" : "takes anything")
	process.exit(0)
})`
	must(t, os.WriteFile(filepath.Join(dir, "run.cjs"), []byte(script), 0o600))
	archives, err := filepath.Glob("../testdata/*.bel")
	must(t, err)
	others, err := filepath.Glob("../testdata/unsupported/*.bel")
	must(t, err)
	whole, err := os.ReadFile(archives[0])
	must(t, err)
	forged := filepath.Join(dir, "forged.bel")
	must(t, os.WriteFile(forged, bytes.Replace(whole, []byte(`"result":[[`), []byte(`"result":[[1`), 1), 0o600))
	archives = append(append(archives, others...), forged)
	broken := filepath.Join(dir, "broken.bel")
	must(t, os.WriteFile(broken, []byte("no archive"), 0o600))
	archives = append(archives, broken)
	const envelope = `{"kind":"stimmbote-test-envelope","format":2}`
	args := []string{"run.cjs", envelope}
	for _, archive := range archives {
		absolute, err := filepath.Abs(archive)
		must(t, err)
		args = append(args, absolute)
	}
	cmd := exec.CommandContext(t.Context(), node, args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.String() != "refuses\n" {
		t.Fatalf("%v: %s", err, &errs)
	}
	var said []string
	must(t, json.Unmarshal(out.Bytes(), &said))
	if len(said) != len(archives)+1 || len(said) < 4 {
		t.Fatalf("%d answers about %d archives and an envelope", len(said), len(archives))
	}
	if want := string(verify.Envelope([]byte(envelope))); said[0] != want {
		t.Errorf("of an envelope it says %s, want %s", said[0], want)
	}
	for i, archive := range archives {
		data, err := os.ReadFile(archive)
		must(t, err)
		if want := string(verify.Told(data)); said[i+1] != want {
			t.Errorf("%s: says %s, want %s", archive, said[i+1], want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
