package media

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"testing"
)

// A fixed pair, computed with another implementation of HKDF: pages derive the same value.
const (
	sampleKey  = "AAECAwQFBgcICQoLDA0ODw"
	sampleDoor = "cEyf62VoVJuaEbo-vSpVQVR7LoE9MdLTDGZ2xz0PgzU"
)

func TestDoor(t *testing.T) {
	door, err := Door(sampleKey)
	if err != nil || door != sampleDoor {
		t.Fatalf("got %q, %v, want %q", door, err, sampleDoor)
	}
	hash := DoorHash(door)
	if !DoorOpens(hash, door) {
		t.Error("the right value does not open")
	}
	other, err := Door("AAECAwQFBgcICQoLDA0OEA")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", other, door + "=", door[:42], " " + door, strings.ToLower(door), sampleKey, string(hash), door + "\x00"} {
		if DoorOpens(hash, wrong) {
			t.Errorf("%q opens", wrong)
		}
	}
	for _, none := range [][]byte{nil, {}, make([]byte, 32), hash[:31], append(bytes.Clone(hash), 0)} {
		if DoorOpens(none, door) || DoorOpens(none, "") {
			t.Errorf("hash %x is opened", none)
		}
	}
}

func TestDoorOfBadKeys(t *testing.T) {
	for _, bad := range []string{
		"", "A", sampleKey[:21], sampleKey + "A", sampleKey + "==", "AAECAwQFBgcICQoLDA0OD+", sampleKey[:21] + "x",
		" " + sampleKey, sampleKey + "\n", strings.Repeat("A", 43), "AAECAwQFBgcICQoLDA0O%w",
	} {
		if door, err := Door(bad); err == nil {
			t.Errorf("%q gives %q", bad, door)
		}
	}
}

func TestNewLinkKey(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		key, err := NewLinkKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := base64.RawURLEncoding.DecodeString(key); err != nil || len(b) != 16 || len(key) != 22 || seen[key] {
			t.Fatalf("key %q", key)
		}
		if _, err := Door(key); err != nil {
			t.Fatal(err)
		}
		seen[key] = true
	}
	if _, err := NewLinkKey(strings.NewReader("short")); err == nil {
		t.Error("a key without enough randomness")
	}
}
