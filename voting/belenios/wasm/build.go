//go:build !js

package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:generate go run .

// toolchain is the Go that the committed file is built with. Another one makes other bytes of the
// same sources.
const toolchain = "go1.26.8"

// packed is the file that is committed, where the pages are that need it.
const packed = "../../../web/wasm/verify.wasm.gz"

func main() {
	data, err := build(".")
	if err == nil {
		err = os.WriteFile(packed, data, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "voting/belenios/wasm:", err)
		os.Exit(1)
	}
}

// build makes the file from the sources in a folder: the same bytes for the same sources and the
// same Go, wherever that folder is. Nothing of the machine, its settings or the time goes in.
func build(dir string) ([]byte, error) {
	scratch, err := os.MkdirTemp("", "stimmbote-wasm")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	file := filepath.Join(scratch, "verify.wasm")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", file, ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm", "GOWASM=", "CGO_ENABLED=0", "GOFLAGS=", "GOTOOLCHAIN="+toolchain, "GOEXPERIMENT=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building for browsers with %s: %w\n%s", toolchain, err, out)
	}
	wasm, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(wasm)
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
