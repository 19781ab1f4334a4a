package chat

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	// handleTries is how often an event is handed over before it is left out.
	handleTries = 3
	// jobTries is how often a job is done that the database does not let finish, before the line ends.
	jobTries = 5
	// waitingBatches bounds the responses that are not handled yet; then receiving pauses.
	waitingBatches = 16
	// atOnce is how many rooms are handled at once.
	atOnce = 8
)

// inbox handles what was received: in order within a room, several rooms at once. It stores the
// sync token of a response when all of it and of those before it was handled.
type inbox struct {
	line    *Line
	begin   context.Context // jobs begin until it ends …
	work    context.Context // … and run with this one
	fail    context.CancelCauseFunc
	batches chan *batch
	slots   chan struct{}
	joining chan struct{}
	done    chan struct{} // the committer ended

	mu      sync.Mutex
	lanes   map[id.RoomID][]job // what waits in the rooms that are being handled
	workers sync.WaitGroup
}

// batch is what came with one response.
type batch struct {
	token   string
	asked   int64 // when the bot asked for it, in nanoseconds since 1970
	queue   []job
	invited []invitation
	open    sync.WaitGroup
	left    atomic.Bool // not everything was handled
}

type job struct {
	batch *batch
	room  id.RoomID
	do    func(context.Context) error // an error means that it must come again
}

func newInbox(l *Line, begin, work context.Context, fail context.CancelCauseFunc) *inbox {
	in := &inbox{
		line:    l,
		begin:   begin,
		work:    work,
		fail:    fail,
		batches: make(chan *batch, waitingBatches),
		slots:   make(chan struct{}, atOnce),
		joining: make(chan struct{}, joinsAtOnce),
		done:    make(chan struct{}),
		lanes:   make(map[id.RoomID][]job),
	}
	go in.commit()
	return in
}

// add adds a job of a room. It runs once the batch is put into the inbox.
func (b *batch) add(room id.RoomID, do func(context.Context) error) {
	b.queue = append(b.queue, job{batch: b, room: room, do: do})
}

// put starts a batch's jobs. It blocks while too many batches are not handled yet.
func (in *inbox) put(b *batch) error {
	b.open.Add(len(b.queue) + len(b.invited))
	select {
	case in.batches <- b:
	case <-in.begin.Done():
		return in.begin.Err()
	}
	for _, invited := range b.invited {
		in.workers.Go(func() { in.join(b, invited) })
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, j := range b.queue {
		waiting, busy := in.lanes[j.room]
		in.lanes[j.room] = append(waiting, j)
		if !busy {
			in.workers.Go(func() { in.workOn(j.room) })
		}
	}
	return nil
}

// workOn runs a room's jobs until none is left.
func (in *inbox) workOn(room id.RoomID) {
	in.slots <- struct{}{}
	defer func() { <-in.slots }()
	for {
		in.mu.Lock()
		if len(in.lanes[room]) == 0 {
			delete(in.lanes, room)
			in.mu.Unlock()
			return
		}
		j := in.lanes[room][0]
		in.lanes[room] = in.lanes[room][1:]
		in.mu.Unlock()
		in.run(j)
	}
}

func (in *inbox) run(j job) {
	defer j.batch.open.Done()
	if in.begin.Err() != nil {
		j.batch.left.Store(true)
		return
	}
	var err error
	for n := range jobTries {
		if err = in.line.waitForRoom(in.work, j.do); err == nil {
			return
		}
		select {
		case <-in.work.Done():
		case <-time.After(in.line.backoff(n, 1)):
		}
		if in.work.Err() != nil {
			break
		}
	}
	j.batch.left.Store(true)
	if in.work.Err() == nil {
		in.fail(err)
	}
}

// commit stores the tokens of the batches in their order, each when its jobs are done.
func (in *inbox) commit() {
	defer close(in.done)
	stopped := false
	for b := range in.batches {
		b.open.Wait()
		if stopped = stopped || b.left.Load(); stopped || b.token == "" {
			continue
		}
		err := in.line.waitForRoom(in.work, func(ctx context.Context) error { return in.line.commit(ctx, b.token) })
		if err != nil {
			stopped = true
			in.fail(err)
			continue
		}
		in.line.counters.handled.Store(b.asked)
		in.line.ready.Store(true)
	}
}

// close waits until what was begun has ended.
func (in *inbox) close() {
	close(in.batches)
	<-in.done
	in.workers.Wait()
}

// commit stores the sync token.
func (l *Line) commit(ctx context.Context, token string) error {
	return l.client.Store.(*ackStore).commit(ctx, l.me, token)
}

// handle hands one message over, unless that was done before. A message that cannot be handled is
// tried again and then left out, so that it does not come for ever.
func (l *Line) handle(ctx context.Context, evt *event.Event, sealed sealed) error {
	m, ok, err := l.message(ctx, evt)
	if err != nil || !ok {
		return err
	}
	m.sealed = sealed
	// Whoever writes can be reached.
	if err := l.retry(ctx, personRoute(m.Sender)); err != nil {
		return err
	}
	return l.once(ctx, m.ID, func(ctx context.Context) error { return l.handler.Said(ctx, m) })
}
