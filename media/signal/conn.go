// Package signal speaks LiveKit's client protocol on a WebSocket: protobuf messages in binary frames, one a frame.
//
// It guarantees that sending never waits: messages go out in order from a bounded queue, and a connection that does not
// take them in time is ended. What comes in is limited in size. It knows messages only: no rooms, no media, no tokens.
package signal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

const (
	maxMessage = 1 << 20          // bytes in one message: an offer for sixty people has 200 kB
	maxQueue   = 512              // messages waiting to be sent
	manyBytes  = 256 << 10        // waiting, after which what can wait does
	writeWait  = 5 * time.Second  // for one message
	closeWait  = time.Second      // for the other side's goodbye
	readWait   = 30 * time.Second // for the next message: clients say something every few seconds
	rate       = 200              // messages in a second
	burst      = 2000             // at once: somebody who joins has a lot to say
)

// Reasons to end a connection.
var (
	ErrNotBinary = errors.New("message is not binary")
	ErrTooMany   = errors.New("too many messages")
)

// Conn is one client's connection.
type Conn struct {
	ws      *websocket.Conn
	out     chan []byte
	closing chan struct{} // send what is queued, then say goodbye
	broken  chan struct{} // end at once
	finish  sync.Once
	sever   sync.Once
	waiting atomic.Int64 // bytes in out
}

// Accept upgrades a request. Pages of any origin may connect: what counts is the token, and there are no cookies.
func Accept(w http.ResponseWriter, r *http.Request) (*Conn, error) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return nil, fmt.Errorf("accepting connection: %w", err)
	}
	ws.SetReadLimit(maxMessage)
	return &Conn{
		ws:      ws,
		out:     make(chan []byte, maxQueue),
		closing: make(chan struct{}),
		broken:  make(chan struct{}),
	}, nil
}

// Send queues a message. If the queue is full the connection ends.
func (c *Conn) Send(m *livekit.SignalResponse) {
	b, err := proto.Marshal(m)
	if err != nil {
		c.Abort() // only strings that are not UTF-8 get here
		return
	}
	select {
	case c.out <- b:
		c.waiting.Add(int64(len(b)))
	default:
		c.Abort()
	}
}

// Behind says whether so much is queued that what can wait had better do so.
func (c *Conn) Behind() bool { return len(c.out) > maxQueue/4 || c.waiting.Load() > manyBytes }

// Close ends the connection after what is queued has been sent.
func (c *Conn) Close() { c.finish.Do(func() { close(c.closing) }) }

// Abort ends the connection at once.
func (c *Conn) Abort() { c.sever.Do(func() { close(c.broken) }) }

// Serve hands each message to handle until the connection ends, and returns why it did.
func (c *Conn) Serve(ctx context.Context, handle func(*livekit.SignalRequest)) error {
	ctx, cancel := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() {
		defer cancel()
		c.write(ctx)
	})
	writer.Go(func() { // cuts a write off that waits for a client which does not read
		select {
		case <-c.broken:
			cancel()
		case <-ctx.Done():
		}
	})
	err := c.read(ctx, handle)
	cancel()
	writer.Wait()
	_ = c.ws.CloseNow()
	return err
}

func (c *Conn) read(ctx context.Context, handle func(*livekit.SignalRequest)) error {
	left, at := float64(burst), time.Now()
	for {
		m, err := c.next(ctx)
		if err != nil {
			return fmt.Errorf("reading message: %w", err)
		}
		now := time.Now()
		left = min(burst, left+rate*now.Sub(at).Seconds()) - 1
		if at = now; left < 0 {
			return ErrTooMany
		}
		handle(m)
	}
}

func (c *Conn) next(ctx context.Context) (*livekit.SignalRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, readWait)
	defer cancel()
	kind, b, err := c.ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, ErrNotBinary
	}
	m := &livekit.SignalRequest{}
	return m, proto.Unmarshal(b, m)
}

func (c *Conn) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case b := <-c.out:
			if c.writeOne(ctx, b) != nil {
				return
			}
		case <-c.closing:
			c.goodbye(ctx)
			return
		}
	}
}

// goodbye sends what is queued and closes.
func (c *Conn) goodbye(ctx context.Context) {
	for {
		select {
		case b := <-c.out:
			if c.writeOne(ctx, b) != nil {
				return
			}
			continue
		default:
		}
		break
	}
	late := time.AfterFunc(closeWait, func() { _ = c.ws.CloseNow() })
	defer late.Stop()
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
}

func (c *Conn) writeOne(ctx context.Context, b []byte) error {
	c.waiting.Add(-int64(len(b)))
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	return c.ws.Write(ctx, websocket.MessageBinary, b)
}

// Left says whether an error of Serve means that the person closed the page, rather than lost the line.
func Left(err error) bool { return websocket.CloseStatus(err) == websocket.StatusGoingAway }
