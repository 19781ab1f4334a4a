package web

import (
	"testing"

	"stimmbote/i18n"
)

// mostOfCall is how many bytes the page of a call may have with everything that it loads, on its way to a phone.
const mostOfCall = 250 << 10

func TestCallIsSmall(t *testing.T) {
	for _, language := range i18n.Languages {
		texts, err := i18n.Load(language)
		must(t, err)
		files := loadAssets()
		sum := len(newAsset("call.html", newPage(texts, files, Config{}).html).zipped)
		for _, name := range []string{"call.js", "call.css", "frames.js", "icon.svg"} {
			sum += len(files.files[name].zipped)
		}
		t.Logf("%s: %d bytes zipped", language, sum)
		if sum > mostOfCall {
			t.Errorf("the page of a call has %d bytes zipped in %s, more than %d", sum, language, mostOfCall)
		}
	}
}
