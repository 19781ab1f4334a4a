package main

import "strings"

// language is "de" where the environment or the system says German, and "en" elsewhere.
func language(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := strings.ToLower(getenv(name)); value != "" {
			return known(value)
		}
	}
	return known(systemLanguage())
}

// known is the language of a locale's name, such as de_AT.UTF-8, if it is one of ours.
func known(locale string) string {
	if locale == "de" || strings.HasPrefix(locale, "de_") || strings.HasPrefix(locale, "de-") || strings.HasPrefix(locale, "de.") {
		return "de"
	}
	return "en"
}
