package bot

import (
	"strings"
	"unicode"
)

// alike says whether two names read the same to somebody in a hurry.
func alike(a, b string) bool {
	x, y := outline(a), outline(b)
	return x == y && x != "" || a == b && a != ""
}

// capitals are those that look like Latin ones, while their small letters look like others or like none.
var capitals = strings.NewReplacer("Ζ", "z", "Η", "h", "Μ", "m", "Ν", "n", "Ү", "y", "Ӏ", "i", "Ԍ", "g", "Ϲ", "c")

// lookalikes are letters of other alphabets that look like Latin ones, letters with marks, and signs that look like others.
var lookalikes = strings.NewReplacer(
	"а", "a", "в", "b", "с", "c", "е", "e", "н", "h", "і", "i", "ј", "j", "к", "k", "м", "m", "о", "o", "р", "p", "ѕ", "s", "т", "t", "у", "y", "х", "x",
	"ӓ", "ae", "ӧ", "oe", "ё", "e", "ї", "i", "һ", "h", "ԁ", "d", "ԛ", "q", "ԝ", "w", "ӏ", "i", "ү", "y", "ѵ", "v",
	"α", "a", "β", "b", "ε", "e", "η", "n", "ι", "i", "κ", "k", "μ", "u", "µ", "u", "ν", "v", "ο", "o", "ρ", "p", "τ", "t", "υ", "u", "χ", "x",
	"γ", "y", "ω", "w", "ϲ", "c", "ϳ", "j", "ά", "a", "έ", "e", "ί", "i", "ό", "o", "ύ", "u",
	"օ", "o", "ո", "n", "ս", "u", "հ", "h", "ց", "g",
	"ɑ", "a", "ɡ", "g", "ȷ", "j", "ſ", "s", "ǀ", "i", "ł", "i", "đ", "d", "ħ", "h",
	"ᴀ", "a", "ʙ", "b", "ᴄ", "c", "ᴅ", "d", "ᴇ", "e", "ɢ", "g", "ʜ", "h", "ɪ", "i", "ᴊ", "j", "ᴋ", "k", "ʟ", "i", "ᴍ", "m", "ɴ", "n", "ᴏ", "o", "ᴘ", "p",
	"ʀ", "r", "ꜱ", "s", "ᴛ", "t", "ᴜ", "u", "ᴠ", "v", "ᴡ", "w", "ʏ", "y", "ᴢ", "z",
	"ā", "a", "ă", "a", "ą", "a", "â", "a", "ã", "a", "ć", "c", "č", "c", "ď", "d", "ē", "e", "ė", "e", "ę", "e", "ě", "e", "ë", "e",
	"ī", "i", "į", "i", "ì", "i", "î", "i", "ï", "i", "ķ", "k", "ļ", "i", "ľ", "i", "ń", "n", "ň", "n", "ō", "o", "ő", "o", "ò", "o", "ô", "o", "õ", "o",
	"ŕ", "r", "ř", "r", "ś", "s", "š", "s", "ș", "s", "ť", "t", "ţ", "t", "ț", "t", "ū", "u", "ů", "u", "ű", "u", "ù", "u", "û", "u", "ý", "y", "ÿ", "y",
	"ź", "z", "ż", "z", "ž", "z",
	"a\u0308", "ae", "o\u0308", "oe", "u\u0308", "ue", "a\u030a", "aa", "0", "o", "1", "i", "l", "i", "|", "i",
)

// pairs are two letters that look like one.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")

// outline is what is left of a name when letters that look alike are the same and all between them is gone.
func outline(name string) string {
	name = strings.ToLower(capitals.Replace(strings.Map(upright, narrow(name))))
	return pairs.Replace(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, spelledOut.Replace(lookalikes.Replace(name))))
}

// upright makes of the letters and digits of mathematics, which are there in bold, slanted and other hands, usual ones.
func upright(r rune) rune {
	switch {
	case r >= 0x1d400 && r <= 0x1d6a3:
		return 'a' + (r-0x1d400)%26
	case r >= 0x1d7ce && r <= 0x1d7ff:
		return '0' + (r-0x1d7ce)%10
	default:
		return r
	}
}
