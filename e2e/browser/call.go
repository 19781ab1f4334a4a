package browser

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Join types a name and clicks the one big button.
func (t *Tab) Join(name string) error {
	if err := errors.Join(t.page.write("#name", name), t.page.click("#join")); err != nil {
		return fmt.Errorf("joining as %s: %w", name, err)
	}
	return nil
}

// Leave clicks the button for it.
func (t *Tab) Leave() error { return t.Click("#leave") }

// Counters is what the browser counts over all connections of the page that are open.
type Counters struct {
	FramesDecoded int      `json:"framesDecoded"` // pictures of others
	AudioEnergy   float64  `json:"audioEnergy"`   // sound of others, as it came out of the decoder
	BytesReceived int      `json:"bytesReceived"` // media of others, decoded or not
	BytesSent     int      `json:"bytesSent"`     // own media, without what keeps a connection open
	Remote        []string `json:"remote"`        // addresses that media came from or went to
}

// counting sums up the recorded connections. A script of the page's policy is not needed for it.
const counting = `(async () => {
	const sum = { framesDecoded: 0, audioEnergy: 0, bytesReceived: 0, bytesSent: 0, remote: [] };
	for (const connection of globalThis.recordedConnections ?? []) {
		const report = await countsOf(connection);
		for (const s of report.values()) {
			if (s.type === "inbound-rtp") {
				sum.bytesReceived += s.bytesReceived ?? 0;
				sum.framesDecoded += s.framesDecoded ?? 0;
				sum.audioEnergy += s.totalAudioEnergy ?? 0;
			}
			if (s.type === "outbound-rtp") sum.bytesSent += s.bytesSent ?? 0;
			const remote = s.type === "candidate-pair" && s.nominated && report.get(s.remoteCandidateId);
			if (remote) sum.remote.push(remote.protocol + " " + remote.address + ":" + remote.port);
		}
	}
	sum.remote = [...new Set(sum.remote)];
	return sum;
})()`

// Counters asks the browser.
func (t *Tab) Counters() (Counters, error) {
	c, err := Evaluate[Counters](t, counting)
	if err != nil {
		return Counters{}, fmt.Errorf("reading the browser's counters: %w", err)
	}
	return c, nil
}

// troubling gathers what tells why a call does not go as it should.
const troubling = `(async () => {
	const all = ["time " + Math.round(performance.now())];
	for (const c of globalThis.recordedConnections ?? []) {
		all.push("connection " + c.connectionState + " " + c.signalingState);
		for (const t of c.getTransceivers?.() ?? []) {
			const own = t.sender.track;
			all.push("section " + [t.mid, t.receiver.track?.kind, t.direction, t.currentDirection, own?.readyState, own?.muted && "muted"].join(" "));
		}
		for (const s of (await countsOf(c)).values()) {
			if (["inbound-rtp", "outbound-rtp", "media-source"].includes(s.type) || s.availableOutgoingBitrate !== undefined) {
				all.push(JSON.stringify(s, ["type", "mid", "kind", "rid", "ssrc", "packetsReceived", "packetsLost", "framesDecoded", "keyFramesDecoded",
					"pliCount", "nackCount", "totalAudioEnergy", "packetsSent", "frames", "framesEncoded", "keyFramesEncoded", "active",
					"qualityLimitationReason", "availableOutgoingBitrate"]));
			}
		}
	}
	return all.concat(globalThis.recordedLines ?? []).join("\n");
})()`

// Trouble is what the tab's connections count and what its scripts have said of late, for when a test has failed.
func (t *Tab) Trouble() string {
	text, err := Evaluate[string](t, troubling)
	if err != nil {
		return "the tab does not say why: " + err.Error()
	}
	return text
}

// Text is what somebody reads on the page.
func (t *Tab) Text() (string, error) {
	text, err := Evaluate[string](t, "document.body.innerText")
	if err != nil {
		return "", fmt.Errorf("reading the page: %w", err)
	}
	return text, nil
}

// Least pictures and sound that count as seen and heard: half a second of both.
const (
	leastFrames = 10
	leastEnergy = 0.001
)

// SeesAndHears waits until the tab has decoded picture and sound of others.
func (t *Tab) SeesAndHears(ctx context.Context) (Counters, error) {
	var last Counters
	err := Until(ctx, func() (string, error) {
		var err error
		if last, err = t.Counters(); err != nil {
			return "", err
		}
		if last.FramesDecoded > leastFrames && last.AudioEnergy > leastEnergy {
			return "", nil
		}
		return fmt.Sprintf("%d pictures and %.4f of sound decoded", last.FramesDecoded, last.AudioEnergy), nil
	})
	if err != nil {
		text, _ := t.Text()
		return last, fmt.Errorf("%w; the page says %q\n%s", err, text, t.Trouble())
	}
	return last, nil
}

// Pauses between two questions: short at first, as most of what pages do is done at once, then longer, as what takes
// its time needs the processor itself.
const (
	firstPause   = 10 * time.Millisecond
	longestPause = 160 * time.Millisecond
)

// Until asks again and again until why is empty, or fails with the last reason when ctx ends.
func Until(ctx context.Context, check func() (why string, err error)) error {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		why, err := check()
		if err != nil || why == "" {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain: %s", why)
		case <-time.After(pause):
		}
	}
}
