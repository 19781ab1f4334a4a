package chat

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"

	"stimmbote/store"
)

// deed is what a homeserver limits on its own. Synapse counts an invitation and a new room as a message as well.
type deed int

const (
	sending  deed = iota // messages, redactions, and whatever else is written
	inviting             // invitations
	making               // rooms
	anything             // whatever else
	deeds
)

// deedNames are the names under which paces are stored.
var deedNames = [deeds]string{"send", "invite", "room", "other"}

const (
	// almost is as good as one: the homeserver counts in milliseconds.
	almost = 0.999
	// probeAfter is after how many deeds in a row, each at its time, more are tried, too early: the limit may be lifted.
	probeAfter = 8
	// tooMany deeds more than the limit allows show that it is lifted.
	tooMany = 3
	// otherWait: what asks for more seconds than this before a room or an invitation is no limit of messages.
	otherWait = 10
	// ownWait: a homeserver that asks for more seconds than this before an invitation limits how often
	// this one person is invited.
	ownWait = 20
	// aRun is the pause after which deeds count anew.
	aRun = 2 * time.Minute
	// mostBurst bounds what is believed of a burst.
	mostBurst = 100
)

// pace knows how fast the homeserver lets the bot go, from its refusals: so many deeds in a row, then one
// in each gap. It is a bucket of permissions that fills up again.
type pace struct {
	mu      sync.Mutex
	meters  [deeds]meter
	synapse bool // it limits the bot and is a Synapse: it has the usual limits until others show
}

// usual are the limits of a Synapse that nobody configured otherwise.
var usual = [deeds]struct {
	gap   time.Duration
	burst float64
}{sending: {5 * time.Second, 10}, inviting: {3333 * time.Millisecond, 10}, making: {62500 * time.Millisecond, 10}}

type meter struct {
	limited bool
	until   time.Time // nothing before it
	gap     time.Duration
	burst   float64
	tokens  float64 // at the time of at
	at      time.Time
	flying  int // may be done by what was begun and has not ended
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

// free says whether so many may begin now.
func (m *meter) free(now time.Time, n int) bool {
	if now.Before(m.until) {
		return false
	}
	if !m.limited {
		return true
	}
	m.fill(now)
	return m.tokens-float64(m.flying) >= almost*min(float64(n), m.burst) || m.probing()
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
	if m.tokens > -tooMany {
		return false
	}
	*m = meter{began: now, last: now, flying: m.flying}
	return true
}

// refuse learns from a refusal.
func (m *meter) refuse(now time.Time, wait time.Duration) {
	passed, whole := now.Sub(m.last), now.Sub(m.began)
	switch {
	case m.run > 0 && m.limited && passed <= m.gap:
		m.gap = max(m.gap, passed+wait)
		m.gap += m.gap / 64 // answers take their time: what was just too early would be so again
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
func (p *pace) span(now time.Time, d deed, n int) time.Duration {
	m := &p.meters[d]
	switch {
	case n == 0 || d == anything:
		return 0
	case m.limited:
		return m.span(now, n)
	case p.synapse:
		done := max(float64(m.run)-float64(now.Sub(m.began))/float64(usual[d].gap), 0)
		return time.Duration(max(float64(n)+done-usual[d].burst, 0) * float64(usual[d].gap))
	}
	return 0
}

// span is how long n deeds take at the pace that was learned.
func (m *meter) span(now time.Time, n int) time.Duration {
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

// needs is how many deeds of each kind a delivery takes, by its Need.
func needs(o store.Outgoing) (n [deeds]int) {
	n[anything] = 1
	if o.Kind != meetKind {
		n[sending] = 1
	}
	if o.Need > 0 {
		n[inviting] = 1
	}
	if o.Need > 1 {
		n[making] = 1
	}
	n[sending] += n[inviting] + n[making]
	return n
}

// begin takes what a delivery needs, if all of it is free. If only messages are short, nothing that is less
// urgent may take them away.
func (l *Line) begin(now time.Time, o store.Outgoing) (ok, short bool) {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	need := needs(o)
	for _, d := range []deed{anything, making, inviting, sending} {
		if need[d] > 0 && !l.pace.meters[d].free(now, need[d]) {
			return false, d == sending
		}
	}
	for d, n := range need {
		l.pace.meters[d].flying += n
	}
	return true, false
}

// end gives back what was taken.
func (l *Line) end(o store.Outgoing) {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	for d, n := range needs(o) {
		l.pace.meters[d].flying -= n
	}
}

// may says what may leave now.
func (l *Line) may(now time.Time) store.Leave {
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	m := &l.pace.meters
	may := store.Leave{Now: now, Need: 2, Shut: !m[sending].free(now, 1), Silent: meetKind}
	if !m[making].free(now, 1) {
		may.Need = 1
	}
	if !m[inviting].free(now, 1) {
		may.Need = 0
	}
	if !m[anything].free(now, 1) {
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
		if m.free(now, 1) {
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
	now := time.Now()
	l.pace.mu.Lock()
	var lifted []string
	for _, one := range slices.Compact([]deed{sending, d}) {
		if l.pace.meters[one].passed(now) {
			lifted = append(lifted, deedNames[one])
		}
	}
	l.pace.mu.Unlock()
	for _, name := range lifted {
		l.log.Info().Str("what", name).Msg("The homeserver does not limit the bot any more")
		if err := l.store.DropPace(ctx, name); err != nil {
			l.log.Error().Err(err).Msg("The queue of messages cannot be written")
		}
	}
}

// blame says which limit was hit; long is a wait too long for messages. The caller holds the lock.
func (p *pace) blame(d deed, now time.Time, long bool) deed {
	common, own := &p.meters[sending], &p.meters[d]
	switch {
	case d != inviting && d != making, long, own.limited && !own.free(now, 1):
		return d
	case now.Before(common.until), !common.limited:
		return sending
	}
	if common.fill(now); common.tokens < almost {
		return sending
	}
	return d // messages were not short
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
	d = l.pace.blame(d, now, wait > otherWait*l.second)
	m = &l.pace.meters[d]
	if d == inviting && wait > ownWait*l.second {
		l.pace.mu.Unlock()
		return wait
	}
	first := !m.limited
	m.refuse(now, wait)
	if first && l.pace.synapse && m.gap <= usual[d].gap {
		m.gap, m.burst = usual[d].gap, usual[d].burst
	}
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
	case strings.Contains(path, "/state/"), strings.Contains(path, "/send/"), strings.Contains(path, "/redact/"):
		return sending
	}
	return anything
}
