package signal

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/transport/v5/test"
	"google.golang.org/protobuf/proto"
)

// ending is how a connection ended on the server's side.
type ending struct {
	err      error
	messages []*livekit.SignalRequest
}

// pair returns both ends of a connection; the server serves it until it ends.
func pair(t *testing.T) (*Conn, *websocket.Conn, <-chan ending) {
	t.Helper()
	leaks := test.CheckRoutines(t)
	conns, ends := make(chan *Conn, 1), make(chan ending, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := Accept(w, r)
		if err != nil {
			t.Errorf("Accept: %v", err)
			return
		}
		conns <- c
		var e ending
		e.err = c.Serve(context.WithoutCancel(r.Context()), func(m *livekit.SignalRequest) { e.messages = append(e.messages, m) })
		ends <- e
	}))
	ws, _, err := websocket.Dial(t.Context(), server.URL, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://elsewhere.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = ws.CloseNow()
		server.Close()
		http.DefaultClient.CloseIdleConnections()
		leaks()
	})
	return <-conns, ws, ends
}

func wait(t *testing.T, ends <-chan ending) ending {
	t.Helper()
	select {
	case e := <-ends:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("connection does not end")
		return ending{}
	}
}

func request(t *testing.T) []byte {
	t.Helper()
	b, err := proto.Marshal(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: 5}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesBothWays(t *testing.T) {
	c, ws, ends := pair(t)
	for range 3 {
		if err := ws.Write(t.Context(), websocket.MessageBinary, request(t)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		c.Send(Offer("sdp", uint32(i), nil))
	}
	c.Send(Leave(livekit.DisconnectReason_SERVER_SHUTDOWN, livekit.LeaveRequest_RECONNECT))
	c.Close()
	c.Close()
	for i := range 4 {
		_, b, err := ws.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := &livekit.SignalResponse{}
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		if i < 3 && m.GetOffer().GetId() != uint32(i) || i == 3 && !m.GetLeave().GetCanReconnect() {
			t.Errorf("message %d: %v", i, m)
		}
	}
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("ended with %v", err)
	}
	if e := wait(t, ends); Left(e.err) {
		t.Errorf("our own end looks like a goodbye: %v", e.err)
	}
}

func TestWhatComesIn(t *testing.T) {
	for name, c := range map[string]struct {
		kind websocket.MessageType
		b    []byte
		is   error
	}{
		"text":         {websocket.MessageText, []byte("{}"), ErrNotBinary},
		"not protobuf": {websocket.MessageBinary, []byte{0xff, 0xff, 0xff}, nil},
		"too long":     {websocket.MessageBinary, bytes.Repeat([]byte{0}, maxMessage+1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, ws, ends := pair(t)
			if err := ws.Write(t.Context(), websocket.MessageBinary, request(t)); err != nil {
				t.Fatal(err)
			}
			_ = ws.Write(t.Context(), c.kind, c.b) // may be cut off
			e := wait(t, ends)
			if e.err == nil || c.is != nil && !errors.Is(e.err, c.is) {
				t.Errorf("ended with %v", e.err)
			}
			if len(e.messages) != 1 || e.messages[0].GetPing() != 5 {
				t.Errorf("messages: %v", e.messages)
			}
		})
	}
}

func TestTooManyMessages(t *testing.T) {
	_, ws, ends := pair(t)
	b := request(t)
	for range 50 * burst { // however slowly they go out, more than are allowed
		if ws.Write(t.Context(), websocket.MessageBinary, b) != nil {
			break // cut off
		}
	}
	if e := wait(t, ends); !errors.Is(e.err, ErrTooMany) || len(e.messages) < burst {
		t.Errorf("ended with %v after %d messages", e.err, len(e.messages))
	}
}

func TestGoodbyes(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*websocket.Conn)
		left bool
	}{
		"page closed": {func(ws *websocket.Conn) { _ = ws.Close(websocket.StatusGoingAway, "") }, true},
		"line lost":   {func(ws *websocket.Conn) { _ = ws.CloseNow() }, false},
		"reconnects":  {func(ws *websocket.Conn) { _ = ws.Close(websocket.StatusNormalClosure, "") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, ws, ends := pair(t)
			c.end(ws)
			if e := wait(t, ends); Left(e.err) != c.left {
				t.Errorf("ended with %v", e.err)
			}
		})
	}
}

// A client that does not read is cut off, however much is to be said to it.
func TestClientThatDoesNotRead(t *testing.T) {
	c, _, ends := pair(t)
	big := Offer(string(bytes.Repeat([]byte("x"), 1<<18)), 1, nil)
	for range 2 * maxQueue { // more than the queue and the line take
		c.Send(big)
	}
	wait(t, ends)
}

func TestAbort(t *testing.T) {
	c, ws, ends := pair(t)
	c.Abort()
	c.Abort()
	wait(t, ends)
	if _, _, err := ws.Read(t.Context()); err == nil {
		t.Error("still open")
	}
	c.Send(Pong(time.Now())) // goes nowhere, and waits for nothing
}

func TestTextThatIsNotUTF8EndsTheConnection(t *testing.T) {
	c, _, ends := pair(t)
	c.Send(RefreshToken("\xff"))
	wait(t, ends)
}
