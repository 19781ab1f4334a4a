package words

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestTheListsAreWhatTheySay(t *testing.T) {
	lists, _ := tables()
	for language, list := range lists {
		if len(list) != howMany {
			t.Errorf("%s has %d words", language, len(list))
		}
		if !slices.IsSorted(list) {
			t.Errorf("%s is not sorted", language)
		}
		near := make(map[string]string) // a word with one letter left open
		for _, word := range list {
			if len(word) < 3 || len(word) > 10 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
				t.Errorf("%s: %q", language, word)
			}
			for i := range word {
				open := word[:i] + "?" + word[i+1:]
				if other := near[open]; other != "" {
					t.Errorf("%s: %s and %s differ in one letter", language, word, other)
				}
				near[open] = word
			}
		}
	}
}

// A receipt that was given stays right only if no word ever moves.
func TestTheListsNeverChange(t *testing.T) {
	lists, _ := tables()
	for language, want := range map[string]string{
		"de": "5149e62d52a3a90a020ba2928a0713587fe59a98017e64c0a577ee4bade57ea8",
		"en": "b540441f35d51cade28a9ca81aa55d47e57b9fa27677392cceeae9c0d232395d",
	} {
		sum := sha256.Sum256([]byte(strings.Join(lists[language], "\n")))
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: %s", language, got)
		}
	}
}

func TestSayAndHear(t *testing.T) {
	for _, language := range []string{"de", "en"} {
		for _, number := range []uint64{0, 1, howMany, 1<<Bits - 1, 0x123456789, 0x1ffffffff &^ howMany} {
			said := Say(number, language)
			for _, text := range []string{strings.Join(said, " "), strings.ToUpper(strings.Join(said, ", ")), " *" + strings.Join(said, "-") + "*\n"} {
				if heard := Hear(text); !slices.Contains(heard, number) || len(heard) > 2 {
					t.Errorf("%d in %s is %q, which is heard as %v", number, language, text, heard)
				}
			}
		}
		if again := Say(1<<Bits+5, language); !slices.Equal(again, Say(5, language)) {
			t.Errorf("beyond the last bit: %v", again)
		}
	}
	if got, want := Say(7, "fr"), Say(7, "en"); !slices.Equal(got, want) {
		t.Errorf("in French %v, want %v", got, want)
	}
	for _, text := range []string{"", "one", "qqq qqq qqq", strings.Join(append(Say(1, "de"), Say(2, "de")...), " "), Say(1, "de")[0] + " qqq " + Say(1, "de")[0]} {
		if got := Hear(text); got != nil {
			t.Errorf("%q is heard as %v", text, got)
		}
	}
}
