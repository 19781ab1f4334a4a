package chat

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// paddingKey is a field, within what is encrypted, that says nothing.
const paddingKey = "stimmbote.padding"

// block is of which the length of all that is said to one person is a multiple: the homeserver sees how long a
// message is, and a receipt says what somebody chose.
const block = 4096

// padded is the content of an event, filled up to the next multiple of block.
func padded(content any) (json.RawMessage, error) {
	text, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("writing a message: %w", err)
	}
	head, ok := bytes.CutSuffix(text, []byte("}"))
	if !ok {
		return nil, fmt.Errorf("filling up %T, which is no content of an event", content)
	}
	head = append(head, `,"`+paddingKey+`":"`...)
	missing := block - (len(head)+len(`"}`))%block
	head = append(head, bytes.Repeat([]byte("."), missing%block)...)
	return append(head, `"}`...), nil
}
