package meet

import (
	"fmt"
	"testing"

	"stimmbote/e2e/browser"
)

// does runs something in a page and waits for its end.
func does(t *testing.T, tab *browser.Tab, script string) {
	t.Helper()
	evaluate[bool](t, tab, `(async () => { await `+script+`; return true })()`)
}

// Three strangers in two browsers: each sees and hears both others, a screen that one shows, and what is switched off and
// on; each the layer of a picture that they want; then ten more tracks that come at once.
func TestThreeStrangers(t *testing.T) {
	inFront(t)
	h := newOpenHouse(t)
	const options = `{singlePeerConnection: true, ` + littleCamera + `}`
	tabs := map[string]*browser.Tab{
		"anna":  h.guest(t, chromium(t), "anna", options, ""),
		"bernd": h.guest(t, firefox(t), "bernd", `{singlePeerConnection: false, `+littleCamera+`}`, ""),
		"carla": h.guest(t, chromium(t), "carla", options, ""),
	}
	meets(t, tabs)
	others := map[string]*browser.Tab{"bernd": tabs["bernd"], "carla": tabs["carla"]}
	shows := func(what, expression string) {
		t.Helper()
		for who, tab := range others {
			becomes(t, tab, who+": "+what, expression)
		}
	}

	does(t, tabs["anna"], `room1.localParticipant.setScreenShareEnabled(true)`)
	shows("the screen", `await seen().then((s) => s.anna?.of.screen_share > 5)`)
	does(t, tabs["anna"], `room1.localParticipant.setScreenShareEnabled(false)`)
	shows("no screen", `heard.includes("ended anna screen_share")`)

	does(t, tabs["anna"], `room1.localParticipant.setCameraEnabled(false)`)
	shows("the camera off", `heard.includes("muted anna camera")`)
	layers(t, tabs, "anna", "bernd", "carla")
	does(t, tabs["anna"], `room1.localParticipant.setCameraEnabled(true)`)
	shows("the camera on", `heard.includes("unmuted anna camera")`)
	meets(t, tabs)

	const n = 5
	does(t, tabs["anna"], fmt.Sprintf(`publishMany(%d)`, n))
	for i := range n {
		shows("all of ten tracks", fmt.Sprintf(`await seen().then((s) => s.anna?.of.picture%d > 3 && s.anna?.of.sound%[1]d > 0)`, i))
	}
}

// layers has somebody publish a picture in layers, of which two others take the small and the large one at the same time,
// then the other way round: in Chromium and in Firefox.
func layers(t *testing.T, tabs map[string]*browser.Tab, from, one, other string) {
	t.Helper()
	does(t, tabs[from], "publishLayers()")
	wants := func(who string, quality int) {
		t.Helper()
		becomes(t, tabs[who], who+" has a picture of "+from, fmt.Sprintf("layersOf(%q)?.track", from))
		evaluate[bool](t, tabs[who], fmt.Sprintf("(layersOf(%q).setVideoQuality(%d), true)", from, quality))
	}
	gets := func(who string, width int) {
		t.Helper()
		becomes(t, tabs[who], fmt.Sprintf("%s has %s %d wide", who, from, width), fmt.Sprintf("await seen().then((s) => s[%q].wide.layers === %d)", from, width))
	}
	const low, high = 0, 2 // as the library counts
	for range 2 {
		wants(one, low)
		wants(other, high)
		gets(one, 240)
		gets(other, 480)
		one, other = other, one
	}
}

// Who has another key decodes nothing and is told so; the others go on.
func TestStrangerWithAnotherKey(t *testing.T) {
	inFront(t)
	h := newOpenHouse(t)
	const options = `{singlePeerConnection: true, ` + littleCamera + `}`
	tabs := map[string]*browser.Tab{
		"anna":  h.guest(t, chromium(t), "anna", options, frameKey),
		"bernd": h.guest(t, firefox(t), "bernd", options, frameKey),
	}
	meets(t, tabs)
	other := h.guest(t, chromium(t), "other", options, "another key")
	becomes(t, other, "cannot decrypt", `heard.includes("cannot decrypt")`)
	meets(t, tabs)
	becomes(t, other, "nothing is decoded", `await seen().then((s) => s.anna.frames + s.bernd.frames === 0 && s.anna.energy + s.bernd.energy < 1e-6)`)
}

// H.264 arrives as such where it can be decoded; Firefox as Debian builds it cannot, and misses nothing else.
func TestStrangerWithH264(t *testing.T) {
	inFront(t)
	h := newOpenHouse(t)
	anna := h.guest(t, chromium(t), "anna", `{singlePeerConnection: true, publishDefaults: {videoCodec: "h264"}, `+littleCamera+`}`, "")
	bernd := h.guest(t, chromium(t), "bernd", `{singlePeerConnection: true, `+littleCamera+`}`, "")
	meets(t, map[string]*browser.Tab{"anna": anna, "bernd": bernd})
	becomes(t, bernd, "H.264", `[...room1.remoteParticipants.values()][0].getTrackPublication("camera").mimeType.toLowerCase() === "video/h264"`)
	for name, single := range map[string]string{"carla": "true", "dora": "false"} {
		tab := h.guest(t, firefox(t), name, `{singlePeerConnection: `+single+`, `+littleCamera+`}`, "")
		becomes(t, tab, "anna's sound and bernd's picture", `await seen().then((s) => s.anna.energy > 0.001 && s.bernd.frames > 10)`)
		becomes(t, bernd, "the newcomer's picture", fmt.Sprintf(`await seen().then((s) => s[%q]?.frames > 10)`, name))
	}
	becomes(t, bernd, "told how good the connections are", `[...room1.remoteParticipants.values()].find((p) => p.identity === "anna").connectionQuality !== "unknown"`)
}
