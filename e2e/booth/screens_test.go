package booth

import (
	"flag"
	"os"
	"path/filepath"
	"time"

	"stimmbote/voting"

	"stimmbote/e2e/eyes"
)

var shots = flag.String("shots", "", "a folder for pictures of the pages, to look at")

// screens are states of the page worth looking at, each with how to get there from a link.
var screens = []struct {
	name string
	poll voting.Draft
	walk func(v *visitor)
}{
	{"motion", voting.Draft{Question: "Antrag 12: Soll der Verein den Beitrag auf 24 Euro erhöhen?", Terms: voting.Terms{Lasts: time.Hour}}, func(v *visitor) { v.sees("Enthaltung") }},
	{"review", voting.Draft{Question: "Antrag 12: Soll der Verein den Beitrag auf 24 Euro erhöhen?"}, func(v *visitor) { v.presses("Ja"); v.sees("Verbindlich") }},
	{"done", voting.Draft{Question: "Antrag 12: Soll der Verein den Beitrag auf 24 Euro erhöhen?"}, func(v *visitor) {
		v.presses("Ja")
		v.presses("Verbindlich")
		v.sees("Prüfwörter")
	}},
	{"opened", voting.Draft{Question: "Antrag 12: Soll der Verein den Beitrag auf 24 Euro erhöhen?"}, func(v *visitor) {
		v.presses("Nein")
		v.presses("Woher weiß ich")
		v.presses("Öffnen statt")
		v.sees("Der Umschlag ist offen")
	}},
	{"several", voting.Draft{Asked: voting.Question{
		Kind: voting.KindSeveral, Text: "Wer soll in den Beirat?", Least: 1, Most: 3, Invalid: true,
		Options: []string{"Aylin Yılmaz", "Björn Ahlers", "Çelik Demir", "Dörte van der Meulen-Schmidtbauer", "Emeka Okafor", "Fatima", "Georg", "Hanna", "Ivana"},
	}}, func(v *visitor) { v.presses("Aylin"); v.presses("Emeka"); v.sees("2 von 3") }},
	{"singly", voting.Draft{Asked: voting.Question{
		Kind: voting.KindSingly, Text: "Vorstandswahl", Options: []string{"Aylin Yılmaz", "Björn Ahlers"}, Answers: []string{"Ja", "Nein", "Enthaltung"},
	}}, func(v *visitor) { v.presses("Ja"); v.sees("Frage 2 von 2") }},
}

// sizes are screens of people.
var sizes = map[string][2]int64{"narrow": {320, 700}, "phone": {390, 844}, "desktop": {1440, 900}}

// pictured takes pictures of the page as it is now, if somebody wants to look at them.
func (v *visitor) pictured(name string) {
	v.t.Helper()
	if *shots == "" {
		return
	}
	eyes.Must(0, os.MkdirAll(*shots, 0o755))(v.t)
	for screen, size := range sizes {
		eyes.Must(0, v.Shot(filepath.Join(*shots, name+"-"+screen+".png"), size[0], size[1]))(v.t)
	}
}

// germanReader and englishReader are what browsers say of their users.
const (
	germanReader  = `Object.defineProperty(navigator, "languages", { get: () => ["de-DE", "de"] })`
	englishReader = `Object.defineProperty(navigator, "languages", { get: () => ["en-GB", "en"] })`
)
