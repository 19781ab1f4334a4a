package booth

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
	"stimmbote/web"
)

// TestRecountInTheBrowser counts a vote again: from the board, and in a file on the disk, where a forged archive is noticed too.
func TestRecountInTheBrowser(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	o.fills(poll, [][]int{{1, 0, 0}})
	poll = o.counted(poll)
	archive := eyes.Must(o.Archive(t.Context(), poll.ID))(t)
	page := filepath.Join(t.TempDir(), "recount.html")
	eyes.Must(0, os.WriteFile(page, web.Recount(), 0o600))(t)
	everywhere(t, func(t *testing.T, b *seat) {
		v := visit(t, b, o.address+"/recount#/p/"+string(poll.ID)+"/"+string(poll.ID)+".bel", germanReader)
		v.sees("Alles stimmt.")
		v.sees(poll.ClosedHash)
		v.sees("Diese Seite kommt von " + strings.TrimPrefix(o.address, "http://"))
		v.presses("Was geprüft wurde")
		v.sees("Das Ergebnis ist das, was die Summe ergibt.")
		v.Close()
		v = visit(t, b, "file://"+page, germanReader)
		v.sees("Datei wählen")
		if foot := v.part("#foot"); strings.Contains(foot, "kommt von") {
			t.Errorf("a file says that it came from a host: %s", foot)
		}
		for _, c := range []struct {
			archive []byte
			says    string
		}{{archive, "Alles stimmt."}, {forged(archive), "Diese Datei stimmt nicht."}, {[]byte("x"), "Diese Datei"}} {
			v.drops(c.archive)
			v.sees(c.says)
			v.presses("Andere Datei")
			v.sees("Datei wählen")
		}
	})
}

// forged is an archive of five who said yes, with another result.
func forged(archive []byte) []byte {
	return bytes.Replace(archive, []byte(`"result":[[5,0,0]]`), []byte(`"result":[[4,1,0]]`), 1)
}

// drops chooses a file.
func (v *visitor) drops(archive []byte) {
	v.t.Helper()
	eyes.Must(browser.Evaluate[bool](v.Tab, fmt.Sprintf(`(() => {
		const field = document.querySelector("#file");
		const list = new DataTransfer();
		list.items.add(new File([Uint8Array.from(atob(%q), (c) => c.charCodeAt(0))], "x.bel"));
		field.files = list.files;
		field.dispatchEvent(new Event("change"));
		return true;
	})()`, base64.StdEncoding.EncodeToString(archive))))(v.t)
}

// TestEnvelopeOnAnotherPage opens a ballot instead of casting it, and has a page that is not the bot's look into it: the
// file as it is, and one that says something else.
func TestEnvelopeOnAnotherPage(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Firefox")
	poll := o.asks(voting.Draft{Asked: voting.Question{
		Kind: voting.KindSingly, Text: "Vorstandswahl", Options: []string{"Aylin", "Björn"}, Answers: []string{"Ja", "Nein", "Enthaltung"},
	}})
	page := filepath.Join(t.TempDir(), "recount.html")
	eyes.Must(0, os.WriteFile(page, web.Recount(), 0o600))(t)
	v := visit(t, b, o.link(poll, anna), germanReader)
	v.presses("Nein")
	v.presses("Enthaltung")
	v.presses("Woher weiß ich")
	v.presses("Öffnen statt")
	v.sees("Dieser Umschlag zählt nicht.")
	envelope := v.part("#envelope")
	file := eyes.Must(browser.Evaluate[string](v.Tab, `document.querySelector("textarea").value`))(t)
	v.Close()
	v = visit(t, b, "file://"+page, germanReader)
	v.sees("Datei wählen")
	v.drops([]byte(file))
	v.sees("Nachgerechnet: Das war in dem Umschlag.")
	if got := strings.Fields(v.part(".inside")); !slices.Equal(got, []string{"Aylin", "Nein", "Björn", "Enthaltung"}) {
		t.Errorf("inside is %q", got)
	}
	v.sees(envelope)
	v.sees(poll.Fingerprint)
	v.presses("Andere Datei")
	v.sees("Datei wählen")
	lie := strings.Replace(file, `"vote":[[0,1,0]`, `"vote":[[1,0,0]`, 1)
	if lie == file {
		t.Fatal("the envelope has another form")
	}
	v.drops([]byte(lie))
	v.sees("Dieser Umschlag stimmt nicht.")
}
