package meet

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/browser"
)

// Two people see and hear each other, and all of it comes from the server's one UDP port.
// Markup in a name is nothing but text. Who has another key behind the # stays outside.
func TestCall(t *testing.T) {
	t.Parallel()
	h, b := newCallHouse(t, nil), chromium(t)
	const markup = `<img src=x onerror=alert(1)>`
	anna, bernd := enter(t, b, h.link(), "Anna"), enter(t, b, h.link(), markup)
	want := []string{"udp " + h.media.Addr().String()}
	for _, tab := range []*browser.Tab{anna, bernd} {
		if c := seesAndHears(t, tab); !slices.Equal(c.Remote, want) {
			t.Errorf("media came from %v, want only %v", c.Remote, want)
		}
	}
	says(t, anna, markup)
	if err := anna.Leave(); err != nil {
		t.Fatal(err)
	}
	says(t, anna, "You have left the call.")
	if err := anna.Join(" again"); err != nil {
		t.Fatal(err)
	}
	seesAndHears(t, anna)
	says(t, bernd, "Anna again")
	if n := evaluate[int](t, anna, `document.querySelectorAll("img").length`); n != 0 {
		t.Errorf("the name became %d images", n)
	}

	other := "A" + h.key[1:]
	if other == h.key {
		other = "B" + h.key[1:]
	}
	stranger := enter(t, b, h.address+"#"+other, "Stranger")
	says(t, stranger, "This link is not valid. Ask in the group for the right one.")
	if c := counters(t, stranger); c.FramesDecoded != 0 || c.BytesSent != 0 || len(c.Remote) != 0 {
		t.Errorf("the stranger has %+v", c)
	}
	if text := read(t, stranger); strings.Contains(text, "Anna") || strings.Contains(text, "Assembly") {
		t.Errorf("the stranger reads %q", text)
	}
	if in := h.media.Present(h.room); len(in) != 2 {
		t.Errorf("%d people are in, want 2", len(in))
	}
}

// slowDevices lets a page wait for its devices until it is told that somebody allowed them.
const slowDevices = `(() => {
	const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	const allowed = new Promise((resolve) => { globalThis.allowDevices = () => { resolve(); return true; }; });
	navigator.mediaDevices.getUserMedia = async (what) => { await allowed; return real(what); };
})();`

// A microphone that was switched off while the browser still asked for it stays off, and one
// that the page calls off is off.
func TestMicrophoneOffIsOff(t *testing.T) {
	t.Parallel()
	h, b := newCallHouse(t, nil), chromium(t)
	anna, bernd := enter(t, b, h.link(), "Anna", slowDevices), enter(t, b, h.link(), "Bernd")
	says(t, bernd, "Anna")
	for range 3 { // off, on, and off again
		if err := anna.Click("#microphone"); err != nil {
			t.Fatal(err)
		}
	}
	evaluate[bool](t, anna, "allowDevices()")
	// The fake microphone beeps once a second: within 50 pictures it would be heard. What was
	// on its way gets 20 pictures to arrive.
	silent := func(when string) {
		t.Helper()
		after(t, bernd, 20)
		before := counters(t, bernd).AudioEnergy
		after(t, bernd, 50)
		if heard := counters(t, bernd).AudioEnergy - before; heard > 0.0001 {
			t.Errorf("%s Bernd hears %.4f", when, heard)
		}
	}
	silent("before it was ever on")
	if err := anna.Click("#microphone"); err != nil {
		t.Fatal(err)
	}
	seesAndHears(t, bernd)
	if err := anna.Click("#microphone"); err != nil {
		t.Fatal(err)
	}
	says(t, bernd, "muted")
	silent("after it was switched off")
}

// otherFrames gives a page another key for its frames, and leaves it the right one for the door.
const otherFrames = `(() => {
	const real = crypto.subtle.deriveBits.bind(crypto.subtle);
	crypto.subtle.deriveBits = async (how, key, length) => {
		const bits = await real(how, key, length);
		if (new TextDecoder().decode(how.info).includes("frames")) new Uint8Array(bits)[0] ^= 1;
		return bits;
	};
})();`

// With the right door and another frame key nothing is decoded, and the page says so.
func TestCallWithAnotherFrameKey(t *testing.T) {
	t.Parallel()
	h, b := newCallHouse(t, nil), chromium(t)
	anna, bernd := enter(t, b, h.link(), "Anna"), enter(t, b, h.link(), "Bernd")
	seesAndHears(t, anna)
	stranger := enter(t, b, h.link(), "Stranger", otherFrames)
	most := says(t, stranger, "Nothing can be decrypted with this link")
	if most.BytesReceived == 0 || most.FramesDecoded != 0 || most.AudioEnergy > 0 {
		t.Errorf("the stranger's counters were %+v, want bytes and nothing decoded", most)
	}
	for _, tab := range []*browser.Tab{anna, bernd} { // the stranger's leaving drives nobody out
		if err := tab.Leave(); err != nil {
			t.Error(err)
		}
		says(t, tab, "You have left the call.")
	}
}

// Without the file that encrypts, nothing is sent, and the page says so.
func TestCallWithoutItsWorker(t *testing.T) {
	t.Parallel()
	withoutWorker := func(pages http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/dist/frames.js") {
				http.NotFound(w, r)
				return
			}
			pages.ServeHTTP(w, r)
		})
	}
	for _, test := range []struct {
		name  string
		turn  func(*testing.T)
		start func(*testing.T) *browser.Browser
	}{{"Chromium", (*testing.T).Parallel, chromium}, {"Firefox", inFront, firefox}} {
		t.Run(test.name, func(t *testing.T) {
			test.turn(t)
			h, b := newCallHouse(t, withoutWorker), test.start(t)
			anna := enter(t, b, h.link(), "Anna")
			if most := says(t, anna, "The encryption did not start"); most.BytesSent != 0 {
				t.Errorf("%d bytes were sent", most.BytesSent)
			}
			if in, _ := h.media.Packets(); in != 0 {
				t.Errorf("the server received %d packets", in)
			}
		})
	}
}

// inClear takes the encryption away from a page that believes that it encrypts: its frames go
// past the worker.
const inClear = `(() => {
	const real = RTCRtpSender.prototype.createEncodedStreams;
	RTCRtpSender.prototype.createEncodedStreams = function () {
		const { readable, writable } = real.call(this);
		readable.pipeTo(writable);
		return new TransformStream();
	};
})();`

// A key frame as the server sees it shows nothing: decoded, it is not the green picture of the
// fake camera. The same frame sent in clear is, so the test can tell.
func TestServerSeesNoPicture(t *testing.T) {
	t.Parallel()
	b := chromium(t)
	for _, test := range []struct {
		name    string
		scripts []string
		shows   bool
	}{{"encrypted", nil, false}, {"in clear", []string{inClear}, true}} {
		t.Run(test.name, func(t *testing.T) {
			h := newCallHouse(t, nil)
			enter(t, b, h.link(), "Anna", test.scripts...)
			green := 0.0
			for _, name := range []string{"Bernd", "Carla"} { // a camera's first picture may still be black
				select {
				case <-h.whole: // from before
				default:
				}
				tab := enter(t, b, h.link(), name, test.scripts...)
				select {
				case frame := <-h.whole:
					green = max(green, evaluate[float64](t, tab, fmt.Sprintf(decoding, base64.StdEncoding.EncodeToString(frame))))
					t.Logf("a key frame of %d bytes: at most %.2f of a picture is the camera's green", len(frame), green)
				case <-time.After(30 * time.Second):
					t.Fatal("no key frame was forwarded")
				}
			}
			if shows := green > 0.5; shows != test.shows {
				t.Errorf("the picture can be seen: %v, want %v", shows, test.shows)
			}
		})
	}
}

// decoding gives a frame to the browser's own VP8 decoder and returns how much of the picture
// is green, as all of Chromium's fake camera is, 0 if it does not decode at all.
const decoding = `(async () => {
	const data = Uint8Array.from(atob(%q), (c) => c.charCodeAt(0));
	let picture;
	const decoder = new VideoDecoder({ output: (p) => { picture = p; }, error: () => {} });
	decoder.configure({ codec: "vp8" });
	try {
		decoder.decode(new EncodedVideoChunk({ type: "key", timestamp: 0, data }));
		await decoder.flush();
	} catch { return 0; }
	if (!picture) return 0;
	const canvas = new OffscreenCanvas(picture.displayWidth, picture.displayHeight);
	const brush = canvas.getContext("2d");
	brush.drawImage(picture, 0, 0);
	const { data: pixels } = brush.getImageData(0, 0, canvas.width, canvas.height);
	let green = 0;
	for (let i = 0; i < pixels.length; i += 4) {
		if (pixels[i + 1] > pixels[i] + 60 && pixels[i + 1] > pixels[i + 2] + 60) green++;
	}
	return green / (pixels.length / 4);
})()`

// says waits until the page shows a sentence, and returns the highest that its counters were
// on the way: they are gone with the connections when it leaves.
func says(t *testing.T, tab *browser.Tab, sentence string) (most browser.Counters) {
	t.Helper()
	err := browser.Until(limit(t, 30*time.Second), func() (string, error) {
		c, err := tab.Counters()
		if err != nil {
			return "", err
		}
		most.FramesDecoded = max(most.FramesDecoded, c.FramesDecoded)
		most.AudioEnergy = max(most.AudioEnergy, c.AudioEnergy)
		most.BytesReceived = max(most.BytesReceived, c.BytesReceived)
		most.BytesSent = max(most.BytesSent, c.BytesSent)
		text, err := tab.Text()
		if err != nil || strings.Contains(text, sentence) {
			return "", err
		}
		return fmt.Sprintf("the page does not say %q but %q", sentence, text), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return most
}

// after waits until the tab has decoded so many more pictures.
func after(t *testing.T, tab *browser.Tab, pictures int) {
	t.Helper()
	from := counters(t, tab).FramesDecoded
	err := browser.Until(limit(t, 30*time.Second), func() (string, error) {
		c, err := tab.Counters()
		if c.FramesDecoded >= from+pictures {
			return "", err
		}
		return "the picture stands still", err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, tab *browser.Tab) string {
	t.Helper()
	text, err := tab.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func counters(t *testing.T, tab *browser.Tab) browser.Counters {
	t.Helper()
	c, err := tab.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func evaluate[T any](t *testing.T, tab *browser.Tab, script string) T {
	t.Helper()
	v, err := browser.Evaluate[T](tab, script)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
