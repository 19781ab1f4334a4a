package callpage

import "testing"

// manyDevices is a browser with two cameras and two microphones, the second of each chosen by nobody; it notes which ones
// it was asked for.
const manyDevices = `(() => {
	const devices = navigator.mediaDevices;
	const real = devices.getUserMedia.bind(devices);
	const of = (kind, id) => ({ kind, deviceId: id, groupId: "", label: id });
	globalThis.asked = [];
	devices.enumerateDevices = async () => [of("audioinput", "desk"), of("audioinput", "headset"), of("videoinput", "front"), of("videoinput", "back")];
	devices.getUserMedia = async (what) => {
		const wanted = (how) => { const id = how?.deviceId; return id?.exact ?? id?.ideal ?? id; };
		const [ear, eye] = [wanted(what.audio) ?? "desk", wanted(what.video) ?? "back"];
		if (what.audio) asked.push(ear);
		if (what.video) asked.push(eye);
		const stream = await real({ audio: !!what.audio, video: !!what.video });
		for (const track of stream.getTracks()) {
			const settings = track.getSettings.bind(track);
			track.getSettings = () => ({ ...settings(), deviceId: track.kind === "audio" ? ear : eye });
		}
		return stream;
	};
})();`

// TestChosenDevices takes a headset at the door with the microphone off, and switches it on in the call; and another one in
// the call is still the one after coming back in.
func TestChosenDevices(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.opens(h.link("en"), manyDevices)
	s.until(`asked.length === 2`, "devices")
	s.click("#door-pick summary")
	s.until(`document.querySelector("#door-pick [data-pick=videoinput]").value === "back"`, "the camera in use")
	s.click("#door-microphone")
	s.until(`document.querySelector("#door-microphone").ariaChecked === "false"`, "off")
	s.chooses("#door-pick [data-pick=audioinput]", "headset")
	if err := s.Join("Anna"); err != nil {
		t.Fatal(err)
	}
	s.seen("#call")
	s.click("#microphone")
	s.until(`asked.at(-1) === "headset"`, "the headset")
	s.until(`document.querySelector("#microphone").ariaChecked === "true"`, "on")
	s.click("#more")
	s.click("#call-pick summary")
	s.until(`document.querySelector("#call-pick [data-pick=audioinput]").value === "headset"`, "the headset in the call")
	s.chooses("#call-pick [data-pick=videoinput]", "front")
	s.until(`asked.at(-1) === "front"`, "another camera")
	s.click("#sheet-close")
	s.click("#leave")
	s.seen("#join")
	s.until(`(asked.length = 0, true)`, "nothing asked")
	s.click("#join")
	s.until(`asked.includes("headset") && asked.includes("front")`, "the same devices again")
}

// chooses takes one of the options of a list.
func (s *somebody) chooses(list, option string) {
	s.t.Helper()
	s.until(`((list) => { if (![...list.options].some((o) => o.value === "`+option+`")) return false;
		list.value = "`+option+`"; list.dispatchEvent(new Event("change")); return true; })(document.querySelector("`+list+`"))`, option)
}
