package booth

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
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
	everywhere(t, func(t *testing.T, b *browser.Browser) {
		v := visit(t, b, o.address+"/recount#/p/"+string(poll.ID)+"/"+string(poll.ID)+".bel", germanReader)
		v.sees("Alles stimmt.")
		v.sees(poll.ClosedHash)
		v.Close()
		v = visit(t, b, "file://"+page, germanReader)
		v.sees("Datei wählen")
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
