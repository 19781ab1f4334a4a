// Command visit opens a call's link in two tabs of a Chromium and succeeds if each decodes the
// other's picture and sound.
//
//	visit [--shots FOLDER] LINK
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"stimmbote/e2e/browser"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 80*time.Second)
	defer cancel()
	shots := flag.String("shots", "", "folder for pictures of the page")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: visit [--shots FOLDER] LINK")
		os.Exit(2)
	}
	if err := visit(ctx, flag.Arg(0), *shots); err != nil {
		fmt.Fprintln(os.Stderr, "visit:", err)
		os.Exit(1)
	}
}

// visit is two people in one call.
func visit(ctx context.Context, link, shots string) error {
	chromium, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer chromium.Close()
	names := []string{"Anna Albers", "Bernd Brandt"}
	tabs := make([]*browser.Tab, len(names))
	for i, name := range names {
		if tabs[i], err = chromium.Open(link); err != nil {
			return err
		}
		defer tabs[i].Close()
		if i == 0 {
			err = shoot(tabs[i], shots, "door")
		}
		if err := errors.Join(err, tabs[i].Join(name)); err != nil {
			return err
		}
	}
	for i, tab := range tabs {
		seen, err := tab.SeesAndHears(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		fmt.Printf("%s sees and hears: %d pictures decoded, sound energy %.4f, over %v\n",
			names[i], seen.FramesDecoded, seen.AudioEnergy, seen.Remote)
	}
	if err := shoot(tabs[0], shots, "call"); err != nil {
		return err
	}
	return errors.Join(tabs[0].Leave(), tabs[1].Leave())
}

// shoot takes pictures on a phone and on a desk, if there is a folder for them.
func shoot(tab *browser.Tab, folder, name string) error {
	if folder == "" {
		return nil
	}
	return errors.Join(
		tab.Shot(filepath.Join(folder, name+"-phone.png"), 390, 844),
		tab.Shot(filepath.Join(folder, name+"-desk.png"), 1440, 900),
	)
}
