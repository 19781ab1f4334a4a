package chat

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hole is a way to a homeserver that can be cut without a sign: what is sent over connections of before is taken and
// goes nowhere, and no side is told. New ones work.
type hole struct {
	net.Listener
	onward string

	mu    sync.Mutex
	conns []net.Conn
	dead  *atomic.Bool // the connections of now
}

// behindHole has a homeserver be reached through one.
func behindHole(t *testing.T, hs *homeserver) *hole {
	t.Helper()
	onward, err := url.Parse(hs.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hole{Listener: l, onward: onward.Host, dead: new(atomic.Bool)}
	hs.URL = "http://" + l.Addr().String()
	var copying sync.WaitGroup
	copying.Go(func() { h.serve(&copying) })
	t.Cleanup(func() {
		l.Close()
		h.mu.Lock()
		for _, c := range h.conns {
			c.Close()
		}
		h.mu.Unlock()
		copying.Wait()
	})
	return h
}

func (h *hole) serve(copying *sync.WaitGroup) {
	for {
		in, err := h.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", h.onward)
		if err != nil {
			in.Close()
			return
		}
		h.mu.Lock()
		h.conns = append(h.conns, in, out)
		dead := h.dead
		h.mu.Unlock()
		copying.Go(func() { pass(out, in, dead) })
		copying.Go(func() { pass(in, out, dead) })
	}
}

// pass copies until the connection is dead, and swallows what comes then.
func pass(to, from net.Conn, dead *atomic.Bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		switch {
		case dead.Load() && err == nil:
		case dead.Load():
			return
		case err != nil:
			to.Close()
			return
		default:
			_, _ = to.Write(buf[:n])
		}
	}
}

func (h *hole) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead.Store(true)
	h.dead = new(atomic.Bool)
}

// TestCutWithoutASign cuts the connection over which the bot listens without a sign: it does not take silence for that
// nobody has said anything, and hears what the homeserver has over a new one.
func TestCutWithoutASign(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	way := behindHole(t, hs)
	r := start(t, hs, t.TempDir())
	eventually(t, func() error {
		if hs.count("GET /sync") < 2 { // the first is answered at once
			return errors.New("it does not listen yet")
		}
		return nil
	})
	way.cut()
	hs.say(room, anna, "yes")
	end := time.Now()
	eventually(t, func() error {
		if !r.CaughtUp(end) {
			return errors.New("not caught up")
		}
		return nil
	})
	if got := r.bot.bodies(); fmt.Sprint(got) != "[yes]" {
		t.Errorf("it says that it has heard everything, and heard %q", got)
	}
}
