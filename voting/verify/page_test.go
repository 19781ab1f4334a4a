package verify

import (
	"reflect"
	"strings"
	"testing"

	"stimmbote/voting/belenios"
)

// The page names every field of the JSON, every check, every option and every exit code.
func TestThePageNamesWhatThereIs(t *testing.T) {
	page := string(read(t, "../../docs/poll-protocol.md"))
	names := []string{"0", "1", "2", "3"}
	for _, typ := range []reflect.Type{reflect.TypeFor[finding](), reflect.TypeFor[check](), reflect.TypeFor[question](), reflect.TypeFor[answer]()} {
		for field := range typ.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
				names = append(names, "`"+name+"`")
			}
		}
	}
	report, err := belenios.Verify(read(t, wholeElection))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Checks {
		names = append(names, "| `"+c.Name+"` |")
	}
	for _, status := range statuses {
		names = append(names, "`"+status+"`")
	}
	for word := range strings.FieldsSeq(usage) {
		if option := strings.Trim(word, "[]…"); strings.HasPrefix(option, "--") {
			names = append(names, option)
		}
	}
	for _, name := range names {
		if !strings.Contains(page, name) {
			t.Errorf("docs/poll-protocol.md does not name %s", name)
		}
	}
}
