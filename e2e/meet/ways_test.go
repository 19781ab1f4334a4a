package meet

import (
	"fmt"
	"strings"
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

// relayBy lets a page reach others through a relay only, by UDP or by TCP.
const relayBy = `(() => {
	const only = (c) => ({ ...c, iceTransportPolicy: "relay", iceServers: c?.iceServers?.map((s) => ({ ...s, urls: [s.urls].flat().filter((u) => u.endsWith("transport=%s")) })) });
	const { setConfiguration } = RTCPeerConnection.prototype;
	RTCPeerConnection.prototype.setConfiguration = function (c) { return setConfiguration.call(this, only(c)) };
	globalThis.RTCPeerConnection = class extends RTCPeerConnection { constructor(c) { super(only(c)) } };
	return true;
})()`

// Whose network lets no UDP through, or nothing but a relay, meets the others all the same.
func TestStrangersBehindFirewalls(t *testing.T) {
	tcp, turn := media.Ways{UDP: 1, TCP: 1}, media.Ways{UDP: 1, TURN: 1}
	for name, c := range map[string]struct {
		browser func(*testing.T) *browser.Browser
		script  string
		single  bool
		want    media.Ways
	}{
		"Chromium, TCP, one connection":          {chromium, noUDP, true, tcp},
		"Chromium, TURN by UDP, two connections": {chromium, fmt.Sprintf(relayBy, "udp"), false, turn},
		"Chromium, TURN by TCP, one connection":  {chromium, fmt.Sprintf(relayBy, "tcp"), true, turn},
		"Firefox, TCP, two connections":          {firefox, noUDP, false, tcp},
		"Firefox, TURN by UDP, one connection":   {firefox, fmt.Sprintf(relayBy, "udp"), true, turn},
		"Firefox, TURN by TCP, two connections":  {firefox, fmt.Sprintf(relayBy, "tcp"), false, turn},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "Chromium") {
				t.Parallel()
			} else {
				inFront(t)
			}
			options := fmt.Sprintf(`{singlePeerConnection: %v, %s}`, c.single, littleCamera)
			h := newOpenHouse(t)
			anna := h.guest(t, c.browser(t), "anna", options, "", c.script)
			meets(t, map[string]*browser.Tab{"anna": anna, "bernd": h.guest(t, chromium(t), "bernd", options, "")})
			if got := h.media.Ways(); got != c.want {
				t.Errorf("joins %+v, want %+v", got, c.want)
			}
		})
	}
}
