package main

import (
	"bytes"
	"regexp"
	"testing"
)

func TestLogLines(t *testing.T) {
	for journal, want := range map[bool]string{
		false: `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INF Started version=1\n$`,
		true:  `^INF Started version=1\n$`,
	} {
		var out bytes.Buffer
		log := newLog(&out, journal)
		log.Info().Int("version", 1).Msg("Started")
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("journal %t: %q, want %s", journal, out.String(), want)
		}
	}
}
