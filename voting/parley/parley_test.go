package parley

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestRecords(t *testing.T) {
	for name, r := range map[string]Record{
		"who":       {Kind: Who},
		"here":      {Kind: Here, Owner: "@kaya:x"},
		"key":       {Kind: Key, Poll: "p", Public: `{"pok":"<&>"}`},
		"share":     {Kind: Share, Poll: "p", Body: "{}", ClosedHash: "h"},
		"a closed":  {Kind: Closed, Poll: "p", ClosedHash: "h", Number: 12, Voted: []string{"@a:x"}, Archive: bytes.Repeat([]byte("x"), mostInline)},
		"an alarm":  {Kind: Alarm, Poll: "p", Rule: "keys", Final: true},
		"waits":     {Kind: Waits, Poll: "p", Rule: "halted"},
		"goes on":   {Kind: GoesOn, Poll: "p"},
		"extended":  {Kind: Extended, Poll: "p", Ends: time.Unix(1_800_000_000, 0).UTC()},
		"opened":    {Kind: Opened, Poll: "p", Number: 12, Letter: "B"},
		"void":      {Kind: Void, Poll: "p"},
		"confirmed": {Kind: Confirmed, Poll: "p", Fingerprint: "f"},
	} {
		inline, file, err := Encode(r)
		if err != nil || len(inline) > mostInline {
			t.Errorf("%s: %d bytes, %v", name, len(inline), err)
			continue
		}
		got, err := Decode(inline)
		if err == nil && got.Split {
			got, err = Join(got, file)
		}
		r.Version = version
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestNoRecords(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `{}`, `{"v":2,"kind":"who"}`, `{"v":1,"kind":"dance","poll":"p"}`, `{"v":1,"kind":"key","poll":"p"}`,
		`{"v":1,"kind":"key","public":"{}"}`, `{"v":1,"kind":"here"}`, `{"v":1,"kind":"asked","poll":"p"}`, `{"v":1,"kind":"share","poll":"p","body":"{}"}`,
		`{"v":1,"kind":"closed","poll":"p","closedHash":"h"}`, `{"v":1,"kind":"void"}`, `{"v":1,"kind":"waits","poll":"p"}`, `{"v":1,"kind":"extended","poll":"p"}`, `{"v":1,"kind":5}`,
	} {
		if r, err := Decode([]byte(text)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s is read as %+v, %v", text, r, err)
		}
	}
	head, err := Decode([]byte(`{"v":1,"kind":"key","poll":"p","split":true}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{
		``, `{"v":1,"kind":"key","poll":"q","public":"{}"}`, `{"v":1,"kind":"share","poll":"p","body":"{}","closedHash":"h"}`, `{"v":1,"kind":"key","poll":"p","split":true}`,
	} {
		if r, err := Join(head, []byte(file)); !errors.Is(err, ErrRecord) {
			t.Errorf("%s is read as %+v, %v", file, r, err)
		}
	}
}

func TestRead(t *testing.T) {
	for body, want := range map[string]Deed{
		"!close": Close, "!Schluss": Close, "！ende": Close, "!close 3": Close, " !close\n": Close, "!schluß": Close,
		"close": "", "!closed": "", "": "", "!": "", "somebody said !close": "",
		"!halt": Halt, "!HALT the box is wrong": Halt, "!stopp": Halt, "halt": "",
		"!resume": Resume, "!go on": Resume, "!weiter": Resume, "weiter": "",
		"!einspruch: ich war nicht da": Object, "!objection #1 the same": Object,
		"!extend 10m": Extend, "!Verlängern": Extend, "extend 10m": "", "extend the deadline, please": "",
	} {
		if got := Read(body); got != want {
			t.Errorf("%q is read as %q, want %q", body, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for body, want := range map[string]int{
		"!close": 0, "!close 12": 12, "!schluss #12": 12, "!einspruch 3: no": 3, "!close A": 0, "!close now 12": 0, "!close -1": 0, "": 0, "!close 99999999999999999999": 0,
	} {
		if got := Number(body); got != want {
			t.Errorf("%q names %d, want %d", body, got, want)
		}
	}
}

func TestMeans(t *testing.T) {
	for body, want := range map[string]bool{
		"!close": true, "!close 12": true, "!close #12:": true, "!close b": true, "!close B now": true,
		"!close 11": false, "!close A": false, "!close rehearsal": false, "!close 0": false, "!close -12": false,
	} {
		if got := Means(Name(body), 12, "B"); got != want {
			t.Errorf("%q is about the vote 12, B: %v", body, got)
		}
	}
	for _, body := range []string{"!close 0", "!close B", "!close #"} {
		if got := Means(Name(body), 0, ""); got != (body == "!close #") {
			t.Errorf("%q is about a vote without a name: %v", body, got)
		}
	}
}

func TestNamesEnd(t *testing.T) {
	for body, want := range map[string][2]bool{ // it is this one; it may be one that nobody names
		"!extend": {false, true}, "!extend 10m": {false, true}, "!extend until 20:15": {false, true}, "!extend 12": {true, false},
		"!extend b": {true, false}, "!extend B: 10m": {true, false}, "!extend #12 10m": {true, false}, "!extend 12 until 20:15": {true, false},
		"!extend 12: 10m": {true, false}, "!extend A 10m": {false, false}, "!extend c": {false, false}, "!extend 9": {false, true}, "!extend 11 10m": {false, true},
		"!extend 12 minutes": {false, true}, "!extend 12 Uhr": {false, true}, "!extend 12:30": {false, true}, "!extend 12:x": {false, true},
	} {
		this, nameless := NamesEnd(body, 12, "B")
		if got := [2]bool{this, nameless}; got != want {
			t.Errorf("%q is read as %v, want %v", body, got, want)
		}
	}
}
