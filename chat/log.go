package chat

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
)

// quiet is the logger that mautrix gets: its requests carry room and user IDs in their addresses
// and messages in their bodies, so that they are logged at trace level only; what remains are
// warnings about keys and the database.
func (l *Line) quiet() *zerolog.Logger {
	log := l.log
	if log.GetLevel() > zerolog.TraceLevel {
		log = log.Level(max(log.GetLevel(), zerolog.WarnLevel)).Hook(dropRequests)
	}
	return &log
}

// dropRequests discards mautrix' lines about single requests, since whoever made the request decides, and
// about what is no trouble: a session that is made in the next moment, a sync that took its time.
var dropRequests = zerolog.HookFunc(func(e *zerolog.Event, _ zerolog.Level, message string) {
	for _, harmless := range []string{"Request ", "Didn't find olm session", "Sync request took"} {
		if strings.HasPrefix(message, harmless) {
			e.Discard()
		}
	}
})

// failure is what kind of a failure an error from the homeserver is.
type failure int

const (
	failureOdd       failure = iota // an error of ours or of the server's: may pass
	failureAway                     // nobody answers, or the server is overloaded: will pass
	failurePermanent                // the server understood and refuses
)

// judge says what kind of a failure err is, and how long the server asks to wait.
func judge(err error) (failure, time.Duration) {
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok {
		if _, ok := errors.AsType[net.Error](err); ok {
			return failureAway, 0
		}
		return failureOdd, 0
	}
	if answer.Response == nil {
		return failureAway, 0
	}
	switch code := answer.Response.StatusCode; {
	case code == 429:
		return failureAway, retryAfter(answer)
	case code == 502, code == 503, code == 504, code == 408:
		return failureAway, retryAfter(answer)
	case code >= 400 && code < 500:
		return failurePermanent, 0
	default:
		return failureOdd, 0
	}
}

// limited says whether the homeserver asks to be slower.
func limited(err error) bool { return httpCode(err) == 429 }

// httpCode is the status of the homeserver's answer, 0 if err is none.
func httpCode(err error) int {
	if answer, ok := errors.AsType[mautrix.HTTPError](err); ok && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}

// answered says whether err is an answer of the homeserver, and no error of ours.
func answered(err error) bool { return httpCode(err) != 0 }

// longestWait bounds what a server can ask for.
const longestWait = 10 * time.Minute

// retryAfter reads both ways in which a server says how long to wait.
func retryAfter(answer mautrix.HTTPError) time.Duration {
	var wait time.Duration
	if seconds, err := time.ParseDuration(answer.Response.Header.Get("Retry-After") + "s"); err == nil {
		wait = seconds
	}
	if answer.RespError != nil {
		if ms, ok := answer.RespError.ExtraData["retry_after_ms"].(float64); ok && ms > 0 && ms < 1e9 {
			wait = time.Duration(ms) * time.Millisecond // a header has whole seconds only
		}
	}
	return min(max(wait, 0), longestWait)
}

// plain is an error without the address of the request, which holds room and user IDs.
func plain(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	if answer, ok := errors.AsType[mautrix.HTTPError](err); ok {
		return answer
	}
	return err
}

// backoff is the wait before try n, counted from 0: half a second at first, twice as long each
// time, so many seconds at most.
func (l *Line) backoff(n, most int) time.Duration {
	return min(l.second/2<<min(n, 20), time.Duration(most)*l.second)
}
