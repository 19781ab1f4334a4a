package chat

import (
	"encoding/json"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
)

// TestARecord is read from the message that it was written into, and from no other.
func TestARecord(t *testing.T) {
	t.Parallel()
	words := &event.MessageEventContent{MsgType: event.MsgNotice, Body: "My key is ready."}
	edit := &event.MessageEventContent{MsgType: event.MsgNotice, Body: "My key is ready."}
	edit.SetEdit("$other")
	for name, test := range map[string]struct {
		words  *event.MessageEventContent
		record string
		want   bool
	}{
		"beside words":  {words, `{"v":1,"body":"<&>"}`, true},
		"in an edit":    {edit, `{"v":1}`, false},
		"not an object": {words, `[1]`, false},
		"too long":      {words, `{"v":"` + strings.Repeat("x", mostRecord) + `"}`, false},
		"none":          {words, ``, false},
	} {
		var record json.RawMessage
		if test.record != "" {
			record = json.RawMessage(test.record)
		}
		evt := &event.Event{Type: event.EventMessage}
		if err := json.Unmarshal(encode(withRecord(test.words, record)), &evt.Content); err != nil {
			t.Fatal(err)
		}
		if err := evt.Content.ParseRaw(event.EventMessage); err != nil {
			t.Fatal(err)
		}
		var m Message
		heard := m.says(evt)
		if heard != test.want || (m.Kind == Record) != test.want {
			t.Errorf("%s: heard %v as %v", name, heard, m.Kind)
		}
		var got, want map[string]any
		if test.want && (json.Unmarshal(m.Record, &got) != nil || json.Unmarshal(record, &want) != nil || got["body"] != want["body"]) {
			t.Errorf("%s: %s", name, m.Record)
		}
	}
}
