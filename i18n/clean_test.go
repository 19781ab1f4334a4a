package i18n

import "testing"

func TestClean(t *testing.T) {
	for s, want := range map[string]string{
		" a \t b\n c ":              "a b c",
		"evil\u202egnp.exe":         "evilgnp.exe",
		"a\x00b\u200bc":             "abc",
		"👩\u200d🌾 <b>hi</b> & co":   "👩\u200d🌾 <b>hi</b> & co",
		"❤\ufe0f\u200d🔥":            "❤\ufe0f\u200d🔥",
		"👩🏽\u200d⚖\ufe0f":           "👩🏽\u200d⚖\ufe0f",
		"bad\xff":                   "bad",
		"\u200e\u200f\x1b":          "",
		"علی\u200cرضا":              "علی\u200cرضا",
		"علی\u200c رضا\u200c":       "علی رضا",
		"क्\u200dष":                 "क्\u200dष",
		"An\u200cna":                "Anna",
		"An\u200dna\u200c":          "Anna",
		"\u200cAnna":                "Anna",
		"علی\u200c\u200c\u200cرضا":  "علی\u200cرضا",
		"e\u0301\u200dx":            "e\u0301x",
		"line\u2028break\u2029here": "line break here",
	} {
		if got := Clean(s); got != want {
			t.Errorf("Clean(%q) is %q, want %q", s, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for s, want := range map[string]string{
		"Bernd Lange":                "Bernd Lan…",
		"Anna":                       "Anna",
		"علی\u200cرضا":               "علی\u200cرضا",
		"\u200c\u200d":               "",
		"\u0301":                     "",
		" \u00a0\u3000":              "",
		"\ufe0f":                     "",
		"\u3164\u2800":               "",
		"🌾":                          "🌾",
		"<script>":                   "<script>",
		"a b c d e f g h i j k l m ": "a b c d e…",
	} {
		if got := Name(s, 10); got != want {
			t.Errorf("Name(%q) is %q, want %q", s, got, want)
		}
	}
}
