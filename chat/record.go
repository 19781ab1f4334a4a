package chat

import (
	"encoding/json"
	"errors"

	"maunium.net/go/mautrix/event"
)

// recordKey is the field, within what is encrypted, in which programs tell each other what the
// message beside it says to people.
const recordKey = "stimmbote.record"

// mostRecord is how many bytes a record may have. What is longer belongs into the message's file.
const mostRecord = 8 << 10

// errRecord tells that a record is longer than it may be, or would not be encrypted.
var errRecord = errors.New("this record must not be sent")

// withRecord is a message with a record beside it.
func withRecord(message *event.MessageEventContent, record json.RawMessage) any {
	if record == nil {
		return message
	}
	return &event.Content{Parsed: message, Raw: map[string]any{recordKey: record}}
}

// recordOf is the record of a message, nil if it has none or is to change another one.
func recordOf(evt *event.Event, content *event.MessageEventContent) json.RawMessage {
	if content.OptionalGetRelatesTo().GetReplaceID() != "" {
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(evt.Content.VeryRaw, &fields); err != nil {
		return nil
	}
	record := fields[recordKey]
	if len(record) == 0 || record[0] != '{' || len(record) > mostRecord {
		return nil
	}
	return record
}
