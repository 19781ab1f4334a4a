package chat

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"

	"stimmbote/store"
)

// deed is what a homeserver limits on its own.
type deed int

const (
	sending  deed = iota // messages and redactions
	inviting             // invitations
	making               // rooms
	anything             // whatever else
	deeds
)

// deedNames are the names under which paces are stored.
var deedNames = [deeds]string{"send", "invite", "room", "other"}

const (
	// probeAfter is after how many deeds in a row, each at its time, one is tried too early: the limit may be lifted.
	probeAfter = 8
	// ownWait: a homeserver that asks for longer than this before an invitation limits how often this
	// one person is invited.
	ownWait = 20 * time.Second
	// aRun is the pause after which deeds count anew.
	aRun = 2 * time.Minute
	// mostBurst bounds what is believed of a burst.
	mostBurst = 100
)

// pace knows how fast the homeserver lets the bot go, from its refusals: so many deeds in a row, then one
// in each gap. It is a bucket of permissions that fills up again.
type pace struct {
	mu     sync.Mutex
	meters [deeds]meter
}

type meter struct {
	limited bool
	until   time.Time // nothing before it
	gap     time.Duration
	burst   float64
	tokens  float64 // at the time of at
	at      time.Time
	flying  int // begun and not ended
	row     int // deeds since the last refusal
	refused int // refusals in a row

	began, last time.Time // of a run of deeds
	run         int
}

// fill counts what has become free since it was last counted.
func (m *meter) fill(now time.Time) {
	if now.After(m.at) && m.gap > 0 {
		m.tokens = min(m.burst, m.tokens+float64(now.Sub(m.at))/float64(m.gap))
	}
	if now.After(m.at) {
		m.at = now
	}
}

// free says whether one may begin now.
func (m *meter) free(now time.Time) bool {
	if now.Before(m.until) {
		return false
	}
	if !m.limited {
		return true
	}
	m.fill(now)
	const almost = 0.999 // the homeserver counts in milliseconds
	return m.tokens-float64(m.flying) >= almost || m.probing()
}

func (m *meter) probing() bool { return m.row >= probeAfter && m.flying == 0 }

// passed notes a deed, and says whether it shows that there is no limit any more.
func (m *meter) passed(now time.Time) (lifted bool) {
	if now.Sub(m.last) > aRun {
		m.began, m.run = now, 0
	}
	m.run++
	m.last, m.refused = now, 0
	if !m.limited {
		return false
	}
	m.fill(now)
	m.row++
	m.tokens--
	if m.row > probeAfter && m.tokens < -0.5 {
		*m = meter{began: now, last: now, flying: m.flying}
		return true
	}
	m.tokens = max(m.tokens, 0)
	return false
}

// refuse learns from a refusal.
func (m *meter) refuse(now time.Time, wait time.Duration) {
	passed, whole := now.Sub(m.last), now.Sub(m.began)
	switch {
	case m.run > 0 && m.limited && passed <= m.gap:
		m.gap = max(m.gap, passed+wait)
	case m.run > 0 && !m.limited && whole <= wait:
		m.gap = whole + wait // the time that it asks for began with the first
	default:
		m.gap = max(m.gap, wait)
	}
	if !m.limited {
		m.burst = float64(min(max(m.run, 1), mostBurst))
	}
	m.limited, m.row = true, 0
	m.refused++
	m.until = now.Add(wait)
	m.tokens, m.at = 1, m.until
}

// span is how long n deeds take.
func (m *meter) span(now time.Time, n int) time.Duration {
	if n == 0 || !m.limited {
		return 0
	}
	m.fill(now)
	after := time.Duration(max(float64(n)-m.tokens, 0) * float64(m.gap))
	return max(m.at.Sub(now), 0) + after
}

// recall reads what earlier runs learned.
func (l *Line) recall(ctx context.Context) error {
	paces, err := l.store.Paces(ctx)
	if err != nil {
		return err
	}
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	for _, p := range paces {
		for d, name := range deedNames {
			if name == p.Kind {
				l.pace.meters[d] = meter{limited: p.Gap > 0, until: p.Until, gap: p.Gap, burst: float64(p.Burst), tokens: 1, at: p.Until}
			}
		}
	}
	return nil
}

// needs are the deeds that a delivery takes, by its Need.
func needs(o store.Outgoing) []deed {
	kinds := []deed{anything}
	if o.Kind != meetKind {
		kinds = append(kinds, sending)
	}
	if o.Need > 0 {
		kinds = append(kinds, inviting)
	}
	if o.Need > 1 {
		kinds = append(kinds, making)
	}
	return kinds
}

// begin takes what a delivery needs, if all of it is free.
func (l *Line) begin(now time.Time, o store.Outgoing) bool {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	kinds := needs(o)
	for _, d := range kinds {
		if !l.pace.meters[d].free(now) {
			return false
		}
	}
	for _, d := range kinds {
		l.pace.meters[d].flying++
	}
	return true
}

// end gives it back.
func (l *Line) end(o store.Outgoing) {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	for _, d := range needs(o) {
		l.pace.meters[d].flying--
	}
}

// may says what may leave now.
func (l *Line) may(now time.Time) store.Leave {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	m := &l.pace.meters
	may := store.Leave{Now: now, Need: 2, Shut: !m[sending].free(now), Silent: meetKind}
	if !m[making].free(now) {
		may.Need = 1
	}
	if !m[inviting].free(now) {
		may.Need = 0
	}
	if !m[anything].free(now) {
		may.Need = -1
	}
	return may
}

// opens is when the next thing may leave that the homeserver holds back.
func (l *Line) opens(now time.Time) time.Time {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	var next time.Time
	for d := range l.pace.meters {
		m := &l.pace.meters[d]
		if m.free(now) {
			continue
		}
		at := m.until
		if !at.After(now) {
			at = now.Add(time.Duration((1 - m.tokens) * float64(m.gap)))
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next
}

// passed notes that the homeserver let the bot do something.
func (l *Line) passed(ctx context.Context, d deed) {
	l.pace.mu.Lock()
	m := &l.pace.meters[d]
	lifted := m.passed(time.Now())
	l.pace.mu.Unlock()
	if !lifted {
		return
	}
	l.log.Info().Str("what", deedNames[d]).Msg("The homeserver does not limit the bot any more")
	if err := l.store.DropPace(ctx, deedNames[d]); err != nil {
		l.log.Error().Err(err).Msg("The queue of messages cannot be written")
	}
}

// slowDown learns from a refusal and stores what it learned. It returns how long what was refused has to wait.
func (l *Line) slowDown(ctx context.Context, err error) time.Duration {
	d, now := deedOf(err), time.Now()
	_, wait := judge(err)
	l.pace.mu.Lock()
	m := &l.pace.meters[d]
	if wait <= 0 {
		wait = l.backoff(m.refused, 30)
	}
	if d == inviting && wait > ownWait {
		l.pace.mu.Unlock()
		return wait
	}
	m.refuse(now, wait)
	m.limited = d != anything
	learned := store.Pace{Kind: deedNames[d], Until: m.until, Gap: m.gap, Burst: int(m.burst)}
	l.pace.mu.Unlock()
	l.counters.limited.Add(int64(wait))
	l.log.Debug().Str("what", learned.Kind).Dur("wait", wait).Dur("gap", learned.Gap).Msg("The homeserver asks to be slower")
	if d == anything {
		learned.Gap = 0
	}
	if err := l.store.PutPace(ctx, learned); err != nil {
		l.log.Error().Err(err).Msg("The queue of messages cannot be written")
	}
	return wait
}

// deedOf is what the homeserver refused.
func deedOf(err error) deed {
	answer, ok := errors.AsType[mautrix.HTTPError](err)
	if !ok || answer.Request == nil {
		return anything
	}
	path := answer.Request.URL.Path
	switch {
	case strings.HasSuffix(path, "/createRoom"):
		return making
	case strings.Contains(path, "/state/m.room.member/"), strings.HasSuffix(path, "/invite"):
		return inviting
	case strings.Contains(path, "/send/"), strings.Contains(path, "/redact/"):
		return sending
	}
	return anything
}
