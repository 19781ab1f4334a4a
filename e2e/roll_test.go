package e2e

import (
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto/attachment"
	"maunium.net/go/mautrix/event"

	"stimmbote/e2e/world"
)

// The roll is what a file says that was sent into the encrypted group, without whom the room calls
// a program; and mentions stand for whom they mean.
func TestRollFromAFile(t *testing.T) {
	w := shared(t)
	ctx := limit(t, 2*time.Minute)
	chair := w.People[world.Chair]
	file := attachment.NewEncryptedFile()
	text := []byte("# who may vote\n")
	for _, name := range []string{"anna", "bernd", "clara", "deniz", "eva"} {
		text = append(text, w.People[name].ID.String()+"\n"...)
	}
	file.EncryptInPlace(text)
	uploaded, err := chair.Client.UploadBytes(ctx, text, "application/octet-stream")
	if err != nil {
		t.Fatal(err)
	}
	_, err = chair.Send(ctx, world.Group, event.EventMessage, &event.MessageEventContent{
		MsgType: event.MsgFile, Body: "members.txt", Mentions: &event.Mentions{},
		File: &event.EncryptedFileInfo{EncryptedFile: *file, URL: uploaded.ContentURI.CUString()},
	})
	if err != nil {
		t.Fatal(err)
	}
	say(ctx, t, chair, world.Group, "!vote Shall the five decide? --who file")
	hear(ctx, t, chair, world.Group, `(?i)draft: shall the five decide[\s\S]*5 members are entitled[^\n]*: anna, bernd, clara, deniz, eva\nthe roll was picked by hand[\s\S]*chair, reply start`)
	say(ctx, t, chair, world.Group, "cancel")
	hear(ctx, t, chair, world.Group, `(?i)draft is cancelled`)

	programs := event.Type{Type: "io.element.functional_members", Class: event.StateEventType}
	name := func(members ...string) {
		t.Helper()
		if _, err := chair.Client.SendStateEvent(ctx, w.Group(), programs, "", map[string]any{"service_members": members}); err != nil {
			t.Fatal(err)
		}
	}
	name(w.People["eva"].ID.String())
	defer name()
	say(ctx, t, chair, world.Group, "!vote Shall people decide?")
	hear(ctx, t, chair, world.Group, `(?i)draft: shall people decide[\s\S]*5 members are entitled[^\n]*: anna, bernd, chair, clara, deniz\nwithout a vote: eva`)
	say(ctx, t, chair, world.Group, "cancel")
	hear(ctx, t, chair, world.Group, `(?i)draft is cancelled`)
}
