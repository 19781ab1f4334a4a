package chat

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"testing"
)

// Encryption is switched on while the words are made, or while a file is on its way.
func TestARoomThatTurnsEncryptionOnGetsNothingInClear(t *testing.T) {
	t.Parallel()
	empty := ""
	for name, content := range map[string]Content{
		"words": {Plain: "in clear"},
		"file":  {File: &File{Name: "clear.txt", Type: "text/plain", Data: []byte("in clear")}},
	} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			room := hs.makeRoom(false, anna, bot)
			r := start(t, hs, t.TempDir())
			r.bot.compose = func(Delivery) (Content, error) {
				hs.mu.Lock()
				defer hs.mu.Unlock()
				hs.add(room, anna, "m.room.encryption", &empty, object{"algorithm": "m.megolm.v1.aes-sha2"})
				return content, nil
			}
			queue(t, r, Delivery{Key: "1", Room: room.id})
			r.sent(t)
			said := hs.said(room.id, bot)
			if len(said) != 1 || said[0]["type"] != "m.room.encrypted" || strings.Contains(fmt.Sprint(said), "clear") {
				t.Errorf("said %v, want one encrypted event", said)
			}
		})
	}
}

// What the bot does not understand is no permission to speak in clear.
func TestInDoubtNothingIsSaid(t *testing.T) {
	t.Parallel()
	empty := ""
	for name, does := range map[string]func(hs *homeserver, room *fakeRoom){
		"unknown cipher": func(hs *homeserver, room *fakeRoom) {
			hs.add(room, anna, "m.room.encryption", &empty, object{"algorithm": "m.better"})
		},
		"a cipher that is no name": func(hs *homeserver, room *fakeRoom) {
			hs.add(room, anna, "m.room.encryption", &empty, object{"algorithm": 1})
		},
		"no answer": func(hs *homeserver, _ *fakeRoom) {
			hs.fault = func(req *http.Request) int {
				if path.Base(path.Dir(req.URL.Path)) == "m.room.encryption" || path.Base(req.URL.Path) == "m.room.encryption" {
					return 500
				}
				return 0
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			room := hs.makeRoom(false, anna, bot)
			r := start(t, hs, t.TempDir())
			hs.mu.Lock()
			does(hs, room)
			hs.mu.Unlock()
			queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "in clear"})
			eventually(t, func() error {
				if o, err := r.store.Outgoing(t.Context(), "1"); err != nil || o.Failures < 3 {
					return fmt.Errorf("%+v, %v", o, err)
				}
				return nil
			})
			if said := hs.said(room.id, bot); len(said) != 0 {
				t.Errorf("said %v", said)
			}
		})
	}
}
