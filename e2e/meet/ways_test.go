package meet

import (
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/media"
)

// noUDP takes from a page what it would say of addresses for UDP, and what it is told of them.
const noUDP = `(() => {
	const clean = (d) => d && { type: d.type, sdp: d.sdp?.replace(/^a=candidate:.* udp .*\r\n/gim, "") };
	const of = RTCPeerConnection.prototype, udp = (c) => / udp /i.test(c?.candidate ?? "");
	const { addIceCandidate, setRemoteDescription, createOffer, createAnswer } = of;
	of.addIceCandidate = function (c) { return udp(c) ? Promise.resolve() : addIceCandidate.call(this, c) };
	of.setRemoteDescription = function (d) { return setRemoteDescription.call(this, clean(d)) };
	of.createOffer = async function (o) { return clean(await createOffer.call(this, o)) };
	of.createAnswer = async function (o) { return clean(await createAnswer.call(this, o)) };
	const said = Object.getOwnPropertyDescriptor(of, "onicecandidate");
	Object.defineProperty(of, "onicecandidate", { get: said.get, set(f) {
		said.set.call(this, f && ((e) => udp(e.candidate) || f.call(this, e)));
	} });
	return true;
})()`

// Whose network lets no UDP through meets the others by TCP.
func TestStrangersWithoutUDP(t *testing.T) {
	for name, c := range map[string]struct {
		b      func(*testing.T) *browser.Browser
		single bool
	}{
		"Chromium, one connection": {chromium, true}, "Chromium, two connections": {chromium, false},
		"Firefox, one connection": {firefox, true}, "Firefox, two connections": {firefox, false},
	} {
		t.Run(name, func(t *testing.T) {
			options := `{singlePeerConnection: false, ` + littleCamera + `}`
			if c.single {
				options = `{singlePeerConnection: true, ` + littleCamera + `}`
			}
			h := newOpenHouse(t)
			anna, bernd := h.guest(t, c.b(t), "anna", options, "", noUDP), h.guest(t, chromium(t), "bernd", options, "")
			meets(t, map[string]*browser.Tab{"anna": anna, "bernd": bernd})
			if got, want := h.media.Ways(), (media.Ways{UDP: 1, TCP: 1}); got != want {
				t.Errorf("joins %+v, want %+v", got, want)
			}
		})
	}
}
