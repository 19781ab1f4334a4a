package chat

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// ErrObsolete is returned by [Handler.Compose] for what need not be said any more.
var ErrObsolete = errors.New("this need not be said any more")

// Delivery is something that must be said once.
type Delivery struct {
	Key     string // unique; the transaction ID follows from it
	Room    string // where to …
	Person  string // … or to whom: into their lasting direct room, which is made if needed
	Kind    string // for Compose
	Payload []byte // for Compose; kept until it was sent, never a secret in clear
	Secret  bool   // only into a direct room, see the package comment
	Lasting bool   // into a room: never given up, tried ever more slowly until the bot may speak there again
	Thread  string // the event that begins the thread to answer in
	ReplyTo string // key of the delivery whose message it replies to, if that was sent
	Edits   string // key of the delivery whose message it replaces
	Redacts string // instead of saying something: the event ID to redact, or the ByKey of a delivery
	Group   string // what is counted and forgotten together; what has none is forgotten after a month
	Lane    Lane   // which of several leaves first
}

// redactsKey begins a Redacts that names a delivery.
const redactsKey = "key:"

// ByKey is the Redacts of what the delivery with this key said.
func ByKey(key string) string { return redactsKey + key }

// Content is what a delivery says. A Poll is sent instead of the words, and so is a File, unless there
// is a Record. A Record goes into encrypted rooms only.
type Content struct {
	Notice bool // for what nobody needs to be alerted of
	Plain  string
	HTML   string
	File   *File
	Poll   *Poll
	Record json.RawMessage // an object that says to programs what the words say to people
}

// File is an attachment.
type File struct {
	Name, Type string
	Data       []byte
}

const (
	deliverAtOnce = 4 // see Line.atOnce
	// A delivery is given up after this many refusals, or this many failures for other reasons
	// than that nobody answers.
	mostRefusals = 4
	mostFailures = 20
	// idle is how often the queue is looked at when nobody says that something is in it.
	idle = 2 * time.Second
	// restartWait is how many seconds after the start what an earlier process tried is looked for, and tried
	// again: its request may have reached the homeserver, which may still be at it.
	restartWait = 5
	// lastingWait is how many seconds lie between two tries of a lasting delivery at most.
	lastingWait = 600
)

// Queue stores deliveries in the transaction of ctx; they are sent after its commit, those of a lane in
// this order for each room or person. Of a key that is known already the first delivery stays. An edit
// takes the place of those of the same message that wait.
func (l *Line) Queue(ctx context.Context, deliveries ...Delivery) error {
	for _, d := range deliveries {
		if (d.Room == "") == (d.Person == "") || d.Key == "" || (d.Secret && d.Person == "") || (d.Lasting && d.Room == "") {
			return fmt.Errorf("queueing %s: needs a key and either a room or a person, a secret a person, a lasting one a room", d.Kind)
		}
		fresh, err := l.store.PutOutgoing(ctx, outgoing(d))
		if err != nil {
			return err
		}
		if fresh && d.Edits != "" {
			if err := l.store.ReplaceOutgoing(ctx, d.Edits, d.Key); err != nil {
				return err
			}
		}
	}
	l.hurry()
	return nil
}

// hurry lets the queue be looked at now.
func (l *Line) hurry() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Pending counts the deliveries of a group that are not sent yet. One that cannot be delivered and
// is not lasting is given up after some tries and counts no more.
func (l *Line) Pending(ctx context.Context, group string) (int, error) {
	return l.store.PendingOutgoing(ctx, group)
}

// Forget deletes what is remembered of a group's deliveries. What was not sent yet is not sent.
func (l *Line) Forget(ctx context.Context, group string) error {
	return l.store.ForgetOutgoing(ctx, group)
}

// Event returns the event ID of a delivery, empty if it is not sent yet or was dropped, and whether
// it was ever queued.
func (l *Line) Event(ctx context.Context, key string) (event string, known bool, err error) {
	o, err := l.store.Outgoing(ctx, key)
	if err != nil || o == nil {
		return "", false, err
	}
	return o.Event, true, nil
}

// retry lets what could not be sent to a room or a person be tried now.
func (l *Line) retry(ctx context.Context, route string) error {
	defer l.hurry()
	return l.store.HurryOutgoing(ctx, route)
}

func outgoing(d Delivery) store.Outgoing {
	route := roomRoute(d.Room)
	if d.Person != "" {
		route = personRoute(d.Person)
	}
	return store.Outgoing{
		Key: d.Key, Group: d.Group, Route: route, Lane: int(d.Lane), Room: d.Room, Person: d.Person, Kind: d.Kind, Payload: d.Payload,
		Secret: d.Secret, Lasting: d.Lasting, Thread: d.Thread, ReplyTo: d.ReplyTo, Edits: d.Edits, Redacts: d.Redacts,
	}
}

func roomRoute(room string) string { return "room " + room }

func personRoute(person string) string { return "person " + person }

func delivery(o store.Outgoing) Delivery {
	return Delivery{
		Key: o.Key, Group: o.Group, Lane: Lane(o.Lane), Room: o.Room, Person: o.Person, Kind: o.Kind, Payload: o.Payload,
		Secret: o.Secret, Lasting: o.Lasting, Thread: o.Thread, ReplyTo: o.ReplyTo, Edits: o.Edits, Redacts: o.Redacts,
	}
}

// transaction is the transaction ID of a delivery: the server gives the same event for it again.
func transaction(key string) string {
	sum := sha256.Sum256([]byte("stimmbote delivery " + key))
	return "sb" + base64.RawURLEncoding.EncodeToString(sum[:24])
}

// deliver sends what is queued until ctx ends, one at a time to a room or a person. It looks at the queue
// so often that it is also what notes that a day is over.
func (l *Line) deliver(ctx, work context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	busy := make(map[string]bool)
	ended := make(chan store.Outgoing, l.atOnce)
	var turns turns
	var tidied time.Time
	err := errors.Join(l.recall(ctx), l.store.PauseOutgoing(ctx, time.Now().Add(restartWait*l.second)))
	if err != nil && ctx.Err() == nil {
		l.log.Error().Err(err).Msg("The queue of messages cannot be read")
	}
	for {
		if time.Since(tidied) >= l.day {
			l.tidy(ctx)
			tidied = time.Now()
		}
		var due []store.Outgoing
		if len(busy) < l.atOnce {
			var err error
			due, err = l.store.DueOutgoing(ctx, l.may(time.Now()), 2*l.atOnce)
			if err != nil && ctx.Err() == nil {
				l.log.Error().Err(err).Msg("The queue of messages cannot be read")
			}
		}
		for _, o := range turns.order(due) {
			if len(busy) >= l.atOnce {
				break
			}
			if busy[o.Route] {
				continue
			}
			if ok, short := l.begin(time.Now(), o); short {
				break
			} else if !ok {
				continue
			}
			busy[o.Route] = true
			turns.took(o)
			workers.Go(func() {
				began := time.Now()
				l.attempt(work, o)
				l.work.took(time.Since(began))
				l.end(o)
				ended <- o
			})
		}
		select {
		case <-ctx.Done():
			return
		case o := <-ended:
			delete(busy, o.Route)
		case <-l.wake:
			// The transaction that queued it may not be committed yet: this waits for it.
			_ = l.store.Tx(ctx, func(context.Context) error { return nil })
		case <-time.After(l.nextLook(ctx, len(busy) > 0)):
		}
	}
}

// nextLook is how long nothing needs to be done.
func (l *Line) nextLook(ctx context.Context, busy bool) time.Duration {
	if busy {
		return idle
	}
	at, waiting, err := l.store.NextOutgoing(ctx)
	if err != nil || !waiting {
		return idle
	}
	now := time.Now()
	if opens := l.opens(now); at.Before(opens) {
		at = opens
	}
	return min(max(at.Sub(now), 20*time.Millisecond), idle)
}

// attempt tries to send one delivery and notes what came of it.
func (l *Line) attempt(ctx context.Context, o store.Outgoing) {
	log := l.log.With().Str("kind", o.Kind).Logger()
	if at := l.edits.next(o, l.second); at.After(time.Now()) {
		if err := l.store.DelayOutgoing(ctx, o.Key, at, false); err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("The queue of messages cannot be written")
		}
		return
	}
	room, sent, err := l.trySend(ctx, o)
	if ctx.Err() != nil && err != nil {
		return // the next start goes on
	}
	var note error
	kind, wait := judge(err)
	if limited(err) {
		l.sayLimited(ctx)
		wait = l.slowDown(ctx, err)
	}
	switch {
	case err == nil:
		l.edits.said(o)
		note = l.store.SettleOutgoing(ctx, o.Key, store.OutgoingSent, room, sent)
		if note == nil {
			l.delivered(ctx, delivery(o))
		}
	case errors.Is(err, ErrObsolete):
		note = l.store.SettleOutgoing(ctx, o.Key, store.OutgoingDropped, "", "")
	case errors.Is(err, errWaits):
		note = l.putBack(ctx, o)
	case limited(err):
		note = l.store.DelayOutgoing(ctx, o.Key, time.Now().Add(wait), false)
	case o.Person != "" && !l.paused(err) && o.Redacts == "":
		note = l.failPerson(ctx, log, o, err, wait)
	case kind == failureAway:
		if o.Tries == 0 {
			log.Warn().AnErr("reason", plain(err)).Msg("A message cannot be sent yet")
		}
		wait = max(wait, l.backoff(o.Tries, l.awayWait()))
		note = l.store.DelayOutgoing(ctx, o.Key, time.Now().Add(wait), false)
	case kind == failurePermanent && o.Redacts != "":
		log.Warn().AnErr("reason", plain(err)).Msg("The homeserver does not let the bot redact a message")
		note = l.store.SettleOutgoing(ctx, o.Key, store.OutgoingDropped, "", "")
	case o.Lasting:
		if o.Failures == 0 {
			log.Error().AnErr("reason", plain(err)).Msg("A message that a vote hangs on cannot be delivered; trying again until it can")
		}
		note = l.store.DelayOutgoing(ctx, o.Key, time.Now().Add(l.backoff(o.Failures, lastingWait)), true)
	case kind == failurePermanent && o.Failures+1 >= mostRefusals, o.Failures+1 >= mostFailures:
		log.Error().AnErr("reason", plain(err)).Msg("A message could not be delivered")
		note = l.store.SettleOutgoing(ctx, o.Key, store.OutgoingGiven, "", "")
	default:
		log.Warn().AnErr("reason", plain(err)).Int("failures", o.Failures+1).Msg("A message was not sent; trying again")
		note = l.store.DelayOutgoing(ctx, o.Key, time.Now().Add(l.backoff(o.Failures, 60)), true)
	}
	if note != nil {
		log.Error().Err(note).Msg("The queue of messages cannot be written")
	}
}

// awayWait is how many seconds lie at most between two tries while nobody answers: few, if the homeserver
// lets the bot receive and only stumbles now and then.
func (l *Line) awayWait() int {
	if l.pause.failures.Load() == 0 {
		return 4
	}
	return 30
}

// trySend sends one delivery. A panic while composing is an error.
func (l *Line) trySend(ctx context.Context, o store.Outgoing) (room, event string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	ctx = mautrix.WithMaxRetries(ctx, 0) // the queue has a patience of its own
	if err := l.store.TryOutgoing(ctx, o.Key); err != nil {
		return "", "", err
	}
	switch {
	case o.Kind == meetKind:
		room, err := l.direct(ctx, id.UserID(o.Person))
		return room.String(), "", err
	case o.Redacts != "":
		return l.redact(ctx, o)
	}
	return l.say(ctx, o)
}

// delivered tells the handler. What it wants to do about it is its own to repeat.
func (l *Line) delivered(ctx context.Context, d Delivery) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error().Str("kind", d.Kind).Str("stack", string(debug.Stack())).Msg("Panic after a delivery")
		}
	}()
	if err := l.handler.Delivered(ctx, d); err != nil {
		l.log.Error().Err(err).Str("kind", d.Kind).Msg("What follows a delivery was not done")
	}
}

// target finds the event that a delivery edits or redacts by the key of the delivery that made it.
func (l *Line) target(ctx context.Context, key string) (*store.Outgoing, error) {
	o, err := l.store.Outgoing(ctx, strings.TrimPrefix(key, redactsKey))
	switch {
	case err != nil:
		return nil, err
	case o == nil || o.State == store.OutgoingDropped || o.State == store.OutgoingGiven:
		return nil, ErrObsolete // it was never said
	case o.State == store.OutgoingWaiting:
		return nil, errWaits
	}
	return o, nil
}

// errWaits means that a delivery needs another one that is not sent yet.
var errWaits = errors.New("another delivery comes first")
