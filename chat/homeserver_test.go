package chat

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// homeserver is as much of a homeserver as the line needs, in memory, with faults on demand.
type homeserver struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something happens
	fault   func(r *http.Request) int
	// meanwhile happens while an answer is on its way.
	meanwhile func(r *http.Request)
	logins    int
	log       []string // requests in the order in which they were taken

	users        map[string]string // token to user
	devices      map[string]string // token to device
	rooms        map[string]*fakeRoom
	media        map[string][]byte // files, by the end of their address
	txns         map[string]string
	data         map[string]map[string]json.RawMessage // account data by user
	keys         map[string]map[string]map[string]any  // device keys by user and device
	cross        map[string]map[string]any             // cross-signing keys by "kind user"
	oneTime      map[string]map[string]any             // one-time keys by "user device"
	inboxes      map[string][]map[string]any           // to-device events by "user device", with position
	renewed      map[string]int                        // when somebody's devices changed last, as a position
	held         bool                                  // to-device events wait
	lose         bool                                  // the next letter is taken and lost
	ahead        time.Duration                         // its clock
	few          bool                                  // of those who are in a room, responses name the reader only
	filter       map[string]any                        // what the bot asked to be left out
	uncount      bool                                  // responses do not say how many one-time keys there are
	stream       int
	most         int // bytes of an event
	limits       map[deed]*limit
	errcode      string        // of a fault
	name         string        // of the program that it is
	wait         time.Duration // that a fault 429 asks for
	waitInHeader bool
	refused      [deeds]int // for being too fast
}

type fakeRoom struct {
	id     string
	events []map[string]any // with "pos"
	state  map[string]map[string]any
}

const (
	faultDrop = -1 // take the request, lose the answer
	password  = "correct horse"
)

func newHomeserver(t *testing.T) *homeserver {
	hs := &homeserver{
		t: t, changed: make(chan struct{}), users: map[string]string{}, devices: map[string]string{},
		rooms: map[string]*fakeRoom{}, txns: map[string]string{}, data: map[string]map[string]json.RawMessage{},
		keys: map[string]map[string]map[string]any{}, cross: map[string]map[string]any{},
		renewed: map[string]int{},
		oneTime: map[string]map[string]any{}, inboxes: map[string][]map[string]any{}, most: 65_536,
	}
	hs.Server = httptest.NewServer(hs.routes())
	t.Cleanup(hs.Close)
	return hs
}

type object = map[string]any

// refusal is an answer that is not 200.
type refusal struct {
	code int
	body object
}

func refused(code int, errcode string) refusal {
	return refusal{code, object{"errcode": errcode, "error": errcode}}
}

// call is one request of somebody who is logged in.
type call struct {
	*http.Request
	user, device string
	body         object
}

func (hs *homeserver) routes() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, do func(call) any) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" /_matrix/client/v3"+path, func(w http.ResponseWriter, r *http.Request) { hs.serve(w, r, do) })
	}
	on("POST /login", hs.login)
	on("GET /account/whoami", func(c call) any { return object{"user_id": c.user, "device_id": c.device} })
	on("POST /user/{user}/filter", func(c call) any {
		if c.user == bot {
			hs.filter = c.body
		}
		return object{"filter_id": "1"}
	})
	on("PUT /user/{user}/account_data/{type}", func(c call) any {
		if hs.data[c.user] == nil {
			hs.data[c.user] = map[string]json.RawMessage{}
		}
		hs.data[c.user][c.PathValue("type")] = encode(c.body)
		return object{}
	})
	on("GET /user/{user}/account_data/{type}", func(c call) any {
		if data, ok := hs.data[c.user][c.PathValue("type")]; ok {
			return data
		}
		return refused(404, "M_NOT_FOUND")
	})
	hs.keyRoutes(on)
	hs.roomRoutes(on)
	on("GET /sync", hs.sync)
	mux.HandleFunc("GET /_matrix/federation/v1/version", func(w http.ResponseWriter, _ *http.Request) {
		if hs.name == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = w.Write(encode(object{"server": object{"name": hs.name}}))
	})
	mux.HandleFunc("POST /_matrix/media/v3/upload", func(w http.ResponseWriter, r *http.Request) {
		hs.serve(w, r, func(call) any { return object{"content_uri": "mxc://test/file"} })
	})
	mux.HandleFunc("GET /_matrix/client/v1/media/download/test/{file}", func(w http.ResponseWriter, r *http.Request) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		if _, there := hs.media[r.PathValue("file")]; !there {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(encode(object{"errcode": "M_NOT_FOUND"}))
			return
		}
		_, _ = w.Write(hs.media[r.PathValue("file")])
	})
	return mux
}

func (hs *homeserver) serve(w http.ResponseWriter, r *http.Request, do func(call) any) {
	c := call{Request: r, body: object{}}
	_ = json.NewDecoder(r.Body).Decode(&c.body)
	hs.mu.Lock()
	defer hs.mu.Unlock()
	fault := 0
	if hs.fault != nil {
		fault = hs.fault(r)
	}
	if wait := hs.tooFast(r); fault == 0 && wait > 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write(encode(object{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": wait.Milliseconds() + 1}))
		return
	}
	if fault > 0 {
		w.Header().Set("Content-Type", "application/json")
		body := object{"errcode": cmp.Or(hs.errcode, "M_FAULT"), "retry_after_ms": max(30, hs.wait.Milliseconds())}
		if hs.waitInHeader {
			w.Header().Set("Retry-After", strconv.Itoa(int(hs.wait.Seconds())))
			delete(body, "retry_after_ms")
		}
		w.WriteHeader(fault)
		_, _ = w.Write(encode(body))
		return
	}
	if hs.ahead != 0 {
		w.Header().Set("Date", time.Now().Add(hs.ahead).UTC().Format(http.TimeFormat))
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	c.user, c.device = hs.users[token], hs.devices[token]
	var answer any = refused(401, "M_UNKNOWN_TOKEN")
	if c.user != "" || strings.HasSuffix(r.URL.Path, "/login") {
		hs.log = append(hs.log, r.Method+" "+strings.TrimPrefix(r.URL.Path, "/_matrix/client/v3"))
		answer = do(c)
	}
	if happens := hs.meanwhile; happens != nil {
		hs.mu.Unlock()
		happens(r)
		hs.mu.Lock()
	}
	if fault == faultDrop {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/json")
	if no, ok := answer.(refusal); ok {
		w.WriteHeader(no.code)
		answer = no.body
	}
	_, _ = w.Write(encode(answer))
}

func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}

func (hs *homeserver) login(c call) any {
	name, _ := c.body["identifier"].(object)["user"].(string)
	if c.body["password"] != password {
		return refused(403, "M_FORBIDDEN")
	}
	hs.logins++
	user := "@" + name + ":test"
	device, _ := c.body["device_id"].(string)
	if device == "" {
		device = fmt.Sprintf("DEV%d", hs.logins)
	}
	token := fmt.Sprintf("token%d", hs.logins)
	hs.users[token], hs.devices[token] = user, device
	return object{"user_id": user, "device_id": device, "access_token": token}
}

// count is how many requests of this kind were taken.
func (hs *homeserver) count(line string) int {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	n := 0
	for _, taken := range hs.log {
		if taken == line {
			n++
		}
	}
	return n
}

// hold holds back what is sent to the bot's device, or lets it go.
func (hs *homeserver) hold(held bool) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.held = held
	hs.stream++
	for _, evt := range hs.inboxes[bot+" DEV1"] {
		evt["pos"] = hs.stream
	}
	hs.happened()
}

// happened wakes those who wait in sync.
func (hs *homeserver) happened() {
	close(hs.changed)
	hs.changed = make(chan struct{})
}

func (hs *homeserver) sync(c call) any {
	since, _ := strconv.Atoi(strings.TrimPrefix(c.URL.Query().Get("since"), "s"))
	timeout, _ := strconv.Atoi(c.URL.Query().Get("timeout"))
	deadline := time.After(min(time.Duration(timeout)*time.Millisecond, time.Second))
	for hs.stream <= since && since > 0 {
		changed := hs.changed
		hs.mu.Unlock()
		var over bool
		select {
		case <-changed:
		case <-deadline:
			over = true
		case <-c.Context().Done():
			over = true
		}
		hs.mu.Lock()
		if over {
			break
		}
	}
	return hs.news(c, since)
}

func (hs *homeserver) news(c call, since int) object {
	hs.stream = max(hs.stream, 1)
	join, invite, leave := object{}, object{}, object{}
	for _, room := range hs.rooms {
		switch room.membership(c.user) {
		case "join":
			if since > 0 && room.last() <= since {
				continue
			}
			from := since
			if room.state["m.room.member "+c.user]["pos"].(int) > since {
				from = 0 // new to them
			}
			join[room.id] = room.timeline(from)
			if hs.few {
				room.leaveOut(join[room.id].(object), c.user)
			}
		case "leave", "ban":
			if own := room.state["m.room.member "+c.user]; own["pos"].(int) > since && since > 0 {
				leave[room.id] = object{"timeline": object{"events": []object{own}}}
			}
		case "invite":
			if room.state["m.room.member "+c.user]["pos"].(int) > since {
				invite[room.id] = object{"invite_state": object{"events": []object{room.state["m.room.member "+c.user]}}}
			}
		}
	}
	var toDevice []object
	for _, evt := range hs.inboxes[c.user+" "+c.device] {
		if evt["pos"].(int) > since && !(hs.held && c.user == bot) {
			toDevice = append(toDevice, evt)
		}
	}
	var renewed []string
	for user, pos := range hs.renewed {
		if pos > since {
			renewed = append(renewed, user)
		}
	}
	answer := object{
		"device_lists": object{"changed": renewed},
		"next_batch":   "s" + strconv.Itoa(hs.stream), "rooms": object{"join": join, "invite": invite, "leave": leave},
		"to_device": object{"events": toDevice},
	}
	if !hs.uncount {
		answer["device_one_time_keys_count"] = object{"signed_curve25519": len(hs.oneTime[c.user+" "+c.device])}
	}
	return answer
}
