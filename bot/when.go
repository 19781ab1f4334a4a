package bot

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"stimmbote/i18n"
)

// units are the units in which people say how long something takes.
var units = []struct {
	key  string
	unit time.Duration
}{
	{"time.words.second", time.Second},
	{"time.words.minute", time.Minute},
	{"time.words.hour", time.Hour},
	{"time.words.day", 24 * time.Hour},
}

// duration reads how long something takes: "10m", "10 minutes", "1h30", "2 Tage". A bare number
// is minutes.
func (b *Bot) duration(text string) (time.Duration, bool) {
	var total time.Duration
	last := 60 * time.Minute // a bare number behind hours is minutes as well
	rest := strings.ToLower(narrow(strings.TrimSpace(text)))
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsDigit(r) })
		if digits < 0 {
			digits = len(rest)
		}
		n, err := strconv.Atoi(rest[:digits])
		if err != nil || n > 10000 {
			return 0, false
		}
		rest = strings.TrimSpace(rest[digits:])
		letters := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
		if letters < 0 {
			letters = len(rest)
		}
		unit := last / 60
		if letters > 0 {
			if unit = b.unit(rest[:letters]); unit == 0 {
				return 0, false
			}
		}
		total, last = total+time.Duration(n)*unit, max(unit, 60)
		rest = strings.TrimLeftFunc(rest[letters:], func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == ',' })
		for _, and := range b.words["answer.words.and"] {
			rest = strings.TrimPrefix(rest, and+" ")
		}
	}
	return total, total > 0
}

// unit is what a word for a unit of time stands for, 0 if it is none.
func (b *Bot) unit(word string) time.Duration {
	for _, u := range units {
		if b.words.is(u.key, word) {
			return u.unit
		}
	}
	return 0
}

// moment reads when something is over, the next time that it is: "20:15", "20.15 Uhr",
// "tomorrow 20:15", "24.12. 18:00".
func (b *Bot) moment(text string, now time.Time) (time.Time, bool) {
	day, ahead, dated := now, 0, false
	clock := ""
	for word := range strings.FieldsSeq(strings.ToLower(narrow(text))) {
		switch date, isDate := parseDate(word, now); {
		case b.words.is("time.words.today", word):
			dated = true
		case b.words.is("time.words.tomorrow", word):
			ahead, dated = 1, true
		case isDate:
			day, dated = date, true
		case b.words.is("time.words.oclock", word):
		case clock == "":
			clock = word
		default:
			return time.Time{}, false
		}
	}
	hour, minute, ok := parseClock(clock)
	if !ok {
		return time.Time{}, false
	}
	at := time.Date(day.Year(), day.Month(), day.Day()+ahead, hour, minute, 0, 0, now.Location())
	if !dated && !at.After(now) {
		at = time.Date(day.Year(), day.Month(), day.Day()+1, hour, minute, 0, 0, now.Location())
	}
	return at, true
}

// parseClock reads a time of the day.
func parseClock(word string) (hour, minute int, ok bool) {
	afternoon := strings.HasSuffix(word, "pm")
	word = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(word, "pm"), "am"), "h")
	h, m, _ := strings.Cut(strings.Map(func(r rune) rune {
		if r == '.' || r == 'h' {
			return ':'
		}
		return r
	}, word), ":")
	hour, err := strconv.Atoi(h)
	if err != nil {
		return 0, 0, false
	}
	if m != "" {
		if minute, err = strconv.Atoi(m); err != nil || len(m) != 2 {
			return 0, 0, false
		}
	}
	if afternoon && hour < 12 {
		hour += 12
	}
	return hour, minute, hour >= 0 && hour < 24 && minute >= 0 && minute < 60
}

// parseDate reads a day: "24.12.", "24.12.2026" or "2026-12-24".
func parseDate(word string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{"2.1.2006", "2006-01-02"} {
		if day, err := time.ParseInLocation(layout, word, now.Location()); err == nil {
			return day, true
		}
	}
	if !strings.HasSuffix(word, ".") {
		return time.Time{}, false
	}
	day, err := time.ParseInLocation("2.1.2006", word+strconv.Itoa(now.Year()), now.Location())
	if err == nil && day.Before(now.AddDate(0, 0, -1)) {
		day = day.AddDate(1, 0, 0)
	}
	return day, err == nil
}

// deadlineIn is a time by which somebody has to do something. Where nobody said in which zone people
// live, and the machine knows none but the world's, it says so.
func (b *Bot) deadlineIn(texts *i18n.Texts, at time.Time) string {
	clock := b.clockIn(texts, at)
	if zone, _ := b.Now().Zone(); b.Config.Zone == "" && zone == "UTC" {
		return texts.Text("time.zone", "time", clock, "zone", zone)
	}
	return clock
}

// clockIn is a time as people say it: "20:15", with the day if that is another one.
func (b *Bot) clockIn(texts *i18n.Texts, at time.Time) string {
	now := b.Now()
	at = at.In(now.Location())
	clock := at.Format("15:04")
	if at.Year() == now.Year() && at.YearDay() == now.YearDay() {
		return clock
	}
	return texts.Text("time.other-day", "day", at.Day(), "month", int(at.Month()), "year", at.Year(), "clock", clock)
}

// lasts is how long something takes, in words.
func lasts(texts *i18n.Texts, d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return texts.Count("time.span.s", int(d.Round(time.Second)/time.Second))
	case d < 2*time.Hour:
		return texts.Count("time.span.m", int(d.Round(time.Minute)/time.Minute))
	case d < 48*time.Hour:
		return texts.Count("time.span.h", int(d.Round(time.Hour)/time.Hour))
	default:
		return texts.Count("time.span.d", int(d.Round(24*time.Hour)/(24*time.Hour)))
	}
}
