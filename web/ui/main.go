// Command ui builds the pages' scripts and styles from the sources beside it into web/dist.
//
// It guarantees the same bytes for the same sources, on every machine: nothing but these
// files, the catalogues, the check words and the pinned esbuild goes in, no tsconfig nearby,
// no path, no time. It never fetches anything and needs no Node. The code of others lies
// unmodified in vendor.
package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := run("ui", "dist"); err != nil {
		fmt.Fprintln(os.Stderr, "web/ui:", err)
		os.Exit(1)
	}
}

// run builds the folder from and puts the files into the folder to, which holds nothing else.
func run(from, to string) error {
	files, err := build(from)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("emptying %s: %w", to, err)
	}
	if err := os.MkdirAll(to, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", to, err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := os.WriteFile(filepath.Join(to, name), files[name], 0o644); err != nil {
			return fmt.Errorf("writing %s: %w", name, err)
		}
	}
	return nil
}

// sources are what is built, by the name of the result.
var sources = []api.EntryPoint{
	{InputPath: "call/call.ts", OutputPath: "call"},
	{InputPath: "call/call.css", OutputPath: "call"},
	{InputPath: "vendor/livekit-client.e2ee.worker.mjs", OutputPath: "frames"},
}

// aliases are where the code of others lies.
var aliases = map[string]string{
	"livekit-client": "./vendor/livekit-client.esm.mjs",
	"@noble/curves":  "./vendor/noble-curves",
	"@noble/hashes":  "./vendor/noble-hashes",
}

// build returns the files for web/dist by name.
func build(from string) (map[string][]byte, error) {
	dir, err := filepath.Abs(from)
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", from, err)
	}
	o := options(dir)
	o.EntryPointsAdvanced = sources
	result := api.Build(o)
	if err := problems(result.Errors); err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(result.OutputFiles)+2)
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	if files["licences.txt"], err = licences(filepath.Join(dir, "vendor")); err != nil {
		return nil, err
	}
	if files["icon.svg"], err = os.ReadFile(filepath.Join(dir, "icon.svg")); err != nil {
		return nil, fmt.Errorf("reading icon: %w", err)
	}
	for _, page := range singles {
		if files[page.name+".html"], err = page.build(dir); err != nil {
			return nil, fmt.Errorf("page %s: %w", page.name, err)
		}
	}
	return files, nil
}

// carried are the packages of others in the pages, with the files that hold their licences.
var carried = []struct {
	of    string
	files []string
}{
	{"The call page uses livekit-client 2.23.0, unmodified, under this licence:", []string{"LICENSE", "NOTICES"}},
	{"The ballot page uses @noble/curves 2.4.0, unmodified, under this licence:", []string{"noble-curves/LICENSE"}},
	{"The ballot page uses @noble/hashes 2.4.0, unmodified, under this licence:", []string{"noble-hashes/LICENSE"}},
	{"The check page uses wasm_exec.js of Go 1.26, unmodified, under this licence:", []string{"go/LICENSE"}},
}

// licences joins the licences of the libraries with those of the code inside them.
func licences(vendor string) ([]byte, error) {
	var text []byte
	for _, c := range carried {
		text = append(text, c.of+"\n\n"...)
		for _, name := range c.files {
			part, err := os.ReadFile(filepath.Join(vendor, filepath.FromSlash(name)))
			if err != nil {
				return nil, fmt.Errorf("reading licence: %w", err)
			}
			text = append(append(text, part...), '\n')
		}
	}
	return text, nil
}

// options are what all builds have in common.
func options(dir string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir:     dir,
		Outdir:            filepath.Join(dir, "out"), // nothing is written there
		Bundle:            true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Charset:           api.CharsetUTF8,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Target:            api.ES2022,
		LegalComments:     api.LegalCommentsNone, // they are in licences.txt
		Alias:             aliases,
		TsconfigRaw:       `{"compilerOptions":{"strict":true,"target":"es2022"}}`,
		LogLevel:          api.LogLevelSilent,
	}
}

// problems are esbuild's complaints as one error.
func problems(messages []api.Message) error {
	var all []error
	for _, m := range messages {
		where := ""
		if m.Location != nil {
			where = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		all = append(all, errors.New(where+strings.TrimSpace(m.Text)))
	}
	return errors.Join(all...)
}
