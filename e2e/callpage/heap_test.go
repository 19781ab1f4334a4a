package callpage

import (
	"encoding/json"
	"flag"
	"fmt"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/media"
)

var watch = flag.Duration("watch", 4*time.Second, "how long the page with nine tiles is watched")

// mostHeap is how much memory of scripts a page in a full call may have.
const mostHeap = 150e6

// mostGrowth is by how much of it that may grow while nothing but pictures moves: what is kept for good of each frame shows.
const mostGrowth = 10e6

// moving has people in the call who show a moving picture each, encrypted as the page's own are.
const moving = `import("/livekit-client.mjs").then(async ({ Room, ExternalE2EEKeyProvider, LocalVideoTrack }) => {
	const bytes = Uint8Array.from(atob(%q.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
	const key = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
	const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode("stimmbote frames v1") };
	const frames = await crypto.subtle.deriveBits(how, key, 256);
	globalThis.rooms = [];
	for (const [i, token] of %s.entries()) {
		const keyProvider = new ExternalE2EEKeyProvider();
		await keyProvider.setKey(frames);
		const room = new Room({ encryption: { keyProvider, worker: new Worker("/worker.mjs", { type: "module" }) }, publishDefaults: { simulcast: false, videoCodec: "vp8" } });
		await room.setE2EEEnabled(true);
		await room.connect(location.origin.replace("http", "ws"), token, { autoSubscribe: false });
		const canvas = document.createElement("canvas");
		[canvas.width, canvas.height] = [320, 180];
		const pen = canvas.getContext("2d");
		let n = 0;
		setInterval(() => { pen.fillStyle = "hsl(" + (40 * i + n++) + " 70%% 50%%)"; pen.fillRect(0, 0, 320, 180); }, 200);
		await room.localParticipant.publishTrack(new LocalVideoTrack(canvas.captureStream(5).getVideoTracks()[0], undefined, true), { source: "camera" });
		rooms.push(room);
	}
	return rooms.length;
})`

// TestNineTiles watches what the page keeps in memory while nine pictures move in it.
func TestNineTiles(t *testing.T) {
	h := newHouse(t)
	tab := eyes.Must(chromium.Open(h.address + "/crowd"))(t)
	t.Cleanup(tab.Close)
	var tokens []string
	for i := range 8 {
		tokens = append(tokens, eyes.Must(h.media.Token(h.room, media.Bearer{Badge: media.Guest}.NewIdentity(), fmt.Sprint("Guest ", i), time.Minute))(t))
	}
	eyes.Must(browser.Evaluate[int](tab, fmt.Sprintf(moving, h.key, eyes.Must(json.Marshal(tokens))(t))))(t)
	s := h.enters("en", "Anna")
	s.until(`[...document.querySelectorAll("#grid video")].filter((v) => v.checkVisibility() && v.videoWidth > 0).length === 9`, "nine pictures")
	begin := time.Now()
	first := s.heap()
	most, last := first, first
	for time.Since(begin) < *watch {
		before := eyes.Must(s.Counters())(t)
		s.until(fmt.Sprintf(`performance.now() > %f`, eyes.Must(browser.Evaluate[float64](s.Tab, "performance.now()"))(t)+2000), "two seconds")
		if now := eyes.Must(s.Counters())(t); now.FramesDecoded <= before.FramesDecoded {
			t.Fatal("the pictures stand still")
		}
		last = s.heap()
		most = max(most, last)
	}
	t.Logf("nine pictures for %s: %.1f MB of scripts' memory at first, %.1f at most, %.1f in the end", time.Since(begin).Round(time.Second), first/1e6, most/1e6, last/1e6)
	if most > mostHeap {
		t.Errorf("the page has %.1f MB", most/1e6)
	}
	if last > first+mostGrowth {
		t.Errorf("the page has grown by %.1f MB", (last-first)/1e6)
	}
}

// heap is how much memory the page's scripts have that is in use.
func (s *somebody) heap() float64 {
	s.t.Helper()
	return eyes.Must(browser.Evaluate[float64](s.Tab, `(globalThis.gc(), performance.memory.usedJSHeapSize)`))(s.t)
}
