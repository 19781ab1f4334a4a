// Package words turns the check bits of a ballot into three words that people can compare, say and
// type, and back.
//
// It guarantees that there are 2048 different words in each language, of small letters a to z, of
// which no two differ in one letter only; that their order never changes; and that every three of
// them are the bits of exactly one number.
package words

import (
	_ "embed"
	"strings"
	"sync"
)

// Bits is how many bits three words say.
const Bits = 33

const (
	each    = 11
	howMany = 1 << each
)

//go:embed de.txt
var german string

//go:embed en.txt
var english string

// tables are the words by language, and where each stands in its list. They are made when they are asked for first.
var tables = sync.OnceValues(func() (lists map[string][]string, places map[string]map[string]uint64) {
	lists, places = make(map[string][]string), make(map[string]map[string]uint64)
	for language, text := range map[string]string{"de": german, "en": english} {
		lists[language], places[language] = strings.Fields(text), make(map[string]uint64)
		for i, word := range lists[language] {
			places[language][word] = uint64(i)
		}
	}
	return lists, places
})

// Say is the number, of which the last 33 bits are taken, in three words of a language; in English
// where there are none of it.
func Say(number uint64, language string) []string {
	lists, _ := tables()
	list := lists[language]
	if list == nil {
		list = lists["en"]
	}
	return []string{
		list[number>>(2*each)%howMany],
		list[number>>each%howMany],
		list[number%howMany],
	}
}

// Hear returns the numbers that a text of three words can mean, in whichever language. Capital
// letters and what stands between the words do not matter. It is empty for other texts.
func Hear(text string) []uint64 {
	said := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 'a' || r > 'z' })
	if len(said) != Bits/each {
		return nil
	}
	_, places := tables()
	var numbers []uint64
	for _, language := range []string{"de", "en"} {
		number, all := uint64(0), true
		for _, word := range said {
			place, known := places[language][word]
			number, all = number<<each|place, all && known
		}
		if all {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
