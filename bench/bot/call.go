package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

// rounds is how often each figure of a call is taken.
const rounds = 20

var callLink = regexp.MustCompile(`http://\S+/r/\S+#\S+`)

// firstPicture clicks Join and gives the milliseconds until the first picture of somebody else is decoded.
const firstPicture = `new Promise((done) => {
	const from = performance.now();
	document.getElementById("join").click();
	const look = setInterval(async () => {
		for (const c of globalThis.recordedConnections) {
			for (const s of (await c.getStats()).values()) {
				if (s.type !== "inbound-rtp" || !s.framesDecoded) continue;
				clearInterval(look);
				done(performance.now() - from);
			}
		}
	}, 20);
})`

// calls measures how long the card takes, beside a message's own way, and how long somebody waits for the first picture.
func calls(ctx context.Context, w *world.World) error {
	fmt.Fprintln(os.Stderr, "… measuring calls")
	chair, anna := w.People[world.Chair], w.People["anna"]
	var card, way []time.Duration
	link := ""
	for n := range rounds {
		anna.Inbox.Skip()
		began := time.Now()
		if _, err := chair.Say(ctx, world.Group, "!call"); err != nil {
			return err
		}
		m, err := anna.Inbox.Wait(ctx, world.Group, func(m world.Message) bool { return m.Bot && m.Edits == "" && callLink.MatchString(m.Body) }, patientFor)
		if err != nil {
			return fmt.Errorf("waiting for the card: %w", err)
		}
		card, link = append(card, m.At.Sub(began)), callLink.FindString(m.Body)
		d, err := passed(ctx, chair, anna, fmt.Sprintf("message %d beside the card", n))
		if err != nil {
			return err
		}
		way = append(way, d)
	}
	slices.Sort(card)
	slices.Sort(way)
	row("from !call to the card, median of 20", fmt.Sprintf("%d ms", card[rounds/2].Milliseconds()), "300 ms beside the way")
	row("… the way: a message from one person to another, median of 20", fmt.Sprintf("%d ms", way[rounds/2].Milliseconds()), "–")

	b, err := browser.Start(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	first, err := b.Open(link)
	if err != nil {
		return err
	}
	defer first.Close()
	if err := first.Join("Somebody"); err != nil {
		return err
	}
	var pictures []float64
	for n := range rounds {
		ms, err := firstPictureOf(b, link, fmt.Sprintf("Guest %d", n))
		if err != nil {
			return err
		}
		pictures = append(pictures, ms)
	}
	slices.Sort(pictures)
	row("from the click on Join to the first picture, Chromium on the same machine, median of 20", fmt.Sprintf("%.0f ms", pictures[rounds/2]), "1500 ms")
	return nil
}

// firstPictureOf opens a link as a newcomer does, goes in and out again.
func firstPictureOf(b *browser.Browser, link, name string) (float64, error) {
	tab, err := b.Open(link)
	if err != nil {
		return 0, err
	}
	defer tab.Close()
	if err := tab.Write("#name", name); err != nil {
		return 0, err
	}
	ms, err := browser.Evaluate[float64](tab, firstPicture)
	if err != nil {
		return 0, err
	}
	return ms, tab.Leave()
}
