package verify

import "strings"

// Spoken is the language that the environment asks for: "de" or "en", and empty where it asks for none.
func Spoken(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			return LanguageOf(value)
		}
	}
	return ""
}

// LanguageOf is "de" for a German locale, such as de_AT.UTF-8, and "en" for any other.
func LanguageOf(locale string) string {
	locale = strings.ToLower(locale)
	if locale == "de" || strings.HasPrefix(locale, "de_") || strings.HasPrefix(locale, "de-") || strings.HasPrefix(locale, "de.") {
		return "de"
	}
	return "en"
}
