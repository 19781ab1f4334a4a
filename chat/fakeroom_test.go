package chat

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// eventOverhead is what a homeserver adds to a content.
const eventOverhead = 3000

// timelineLimit is how many events the fake homeserver gives of a room in one response.
const timelineLimit = 50

func (r *fakeRoom) membership(user string) string {
	content, _ := r.state["m.room.member "+user]["content"].(object)
	membership, _ := content["membership"].(string)
	return membership
}

func (r *fakeRoom) last() int { return r.events[len(r.events)-1]["pos"].(int) }

func (r *fakeRoom) timeline(since int) object {
	var fresh []object
	for _, evt := range r.events {
		if evt["pos"].(int) > since {
			fresh = append(fresh, evt)
		}
	}
	limited := len(fresh) > timelineLimit
	if limited {
		fresh = fresh[len(fresh)-timelineLimit:]
	}
	before := "s0"
	if len(fresh) > 0 {
		before = "s" + strconv.Itoa(fresh[0]["pos"].(int)-1)
	}
	return object{
		"state":    object{"events": slices.Collect(maps.Values(r.state))},
		"timeline": object{"events": fresh, "limited": limited, "prev_batch": before},
	}
}

// leaveOut takes all members out of what a response tells of a room, but for one.
func (r *fakeRoom) leaveOut(told object, but string) {
	for _, part := range []string{"state", "timeline"} {
		list := told[part].(object)
		list["events"] = slices.DeleteFunc(list["events"].([]object), func(evt object) bool {
			return evt["type"] == "m.room.member" && evt["state_key"] != but
		})
	}
}

// add appends an event. The caller holds the lock.
func (hs *homeserver) add(room *fakeRoom, sender, kind string, key *string, content any) string {
	hs.stream++
	evt := object{
		"pos": hs.stream, "event_id": fmt.Sprintf("$event%d", hs.stream), "type": kind, "sender": sender,
		"origin_server_ts": 1_700_000_000_000 + hs.stream, "content": content, "room_id": room.id,
	}
	if hs.ahead != 0 {
		evt["origin_server_ts"] = time.Now().Add(hs.ahead).UnixMilli()
	}
	if key != nil {
		evt["state_key"] = *key
		if old := room.state[kind+" "+*key]; old != nil {
			evt["unsigned"] = object{"prev_content": old["content"], "prev_sender": old["sender"]}
		}
		room.state[kind+" "+*key] = evt
	}
	room.events = append(room.events, evt)
	hs.happened()
	return evt["event_id"].(string)
}

// makeRoom makes a room with these members.
func (hs *homeserver) makeRoom(encrypted bool, members ...string) *fakeRoom {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.stream++
	room := &fakeRoom{id: fmt.Sprintf("!room%d", hs.stream), state: map[string]map[string]any{}}
	hs.rooms[room.id] = room
	empty := ""
	hs.add(room, members[0], "m.room.create", &empty, object{"room_version": "11"})
	for _, user := range members {
		hs.add(room, user, "m.room.member", &user, object{"membership": "join"})
	}
	if encrypted {
		hs.add(room, members[0], "m.room.encryption", &empty, object{"algorithm": "m.megolm.v1.aes-sha2"})
	}
	return room
}

func (hs *homeserver) member(room *fakeRoom, user, membership string) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.add(room, user, "m.room.member", &user, object{"membership": membership})
}

// say lets somebody say something in clear.
func (hs *homeserver) say(room *fakeRoom, sender, body string) string {
	return hs.event(room, sender, "m.room.message", object{"msgtype": "m.text", "body": body})
}

func (hs *homeserver) event(room *fakeRoom, sender, kind string, content any) string {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.add(room, sender, kind, nil, content)
}

// said lists what a sender's messages in a room contain.
func (hs *homeserver) said(room, sender string) []object {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	var list []object
	if hs.rooms[room] == nil {
		return nil
	}
	for _, evt := range hs.rooms[room].events {
		if evt["sender"] == sender && evt["state_key"] == nil {
			list = append(list, evt)
		}
	}
	return list
}

func (hs *homeserver) roomRoutes(on func(string, func(call) any)) {
	in := func(pattern string, do func(call, *fakeRoom) any) {
		method, path, _ := strings.Cut(pattern, " ")
		on(method+" /rooms/{room}"+path, func(c call) any {
			room := hs.rooms[c.PathValue("room")]
			if room == nil {
				return refused(404, "M_NOT_FOUND")
			}
			if room.membership(c.user) != "join" && path != "/join" && path != "/leave" {
				return refused(403, "M_FORBIDDEN")
			}
			return do(c, room)
		})
	}
	on("POST /createRoom", hs.createRoom)
	on("POST /join/{room}", func(c call) any {
		room := hs.rooms[c.PathValue("room")]
		if room == nil {
			return refused(404, "M_NOT_FOUND")
		}
		hs.add(room, c.user, "m.room.member", &c.user, object{"membership": "join"})
		return object{"room_id": room.id}
	})
	on("GET /joined_rooms", func(c call) any {
		joined := []string{}
		for id, room := range hs.rooms {
			if room.membership(c.user) == "join" {
				joined = append(joined, id)
			}
		}
		return object{"joined_rooms": joined}
	})
	in("POST /leave", func(c call, room *fakeRoom) any {
		hs.add(room, c.user, "m.room.member", &c.user, object{"membership": "leave"})
		return object{}
	})
	in("POST /join", func(c call, room *fakeRoom) any {
		hs.add(room, c.user, "m.room.member", &c.user, object{"membership": "join"})
		return object{"room_id": room.id}
	})
	in("GET /state", func(_ call, room *fakeRoom) any { return slices.Collect(maps.Values(room.state)) })
	in("GET /state/{type}/{key...}", func(c call, room *fakeRoom) any {
		if evt := room.state[c.PathValue("type")+" "+c.PathValue("key")]; evt != nil {
			return evt["content"]
		}
		return refused(404, "M_NOT_FOUND")
	})
	in("PUT /state/{type}/{key...}", func(c call, room *fakeRoom) any {
		key := c.PathValue("key")
		return object{"event_id": hs.add(room, c.user, c.PathValue("type"), &key, c.body)}
	})
	in("GET /members", func(_ call, room *fakeRoom) any {
		var chunk []object
		for name, evt := range room.state {
			if strings.HasPrefix(name, "m.room.member ") {
				chunk = append(chunk, evt)
			}
		}
		return object{"chunk": chunk}
	})
	in("GET /joined_members", func(_ call, room *fakeRoom) any {
		joined := object{}
		for name := range room.state {
			if user, ok := strings.CutPrefix(name, "m.room.member "); ok && room.membership(user) == "join" {
				joined[user] = object{"display_name": strings.TrimSuffix(user, ":test")}
			}
		}
		return object{"joined": joined}
	})
	in("PUT /send/{type}/{txn}", func(c call, room *fakeRoom) any {
		if len(encode(c.body))+eventOverhead > hs.most {
			return refused(413, "M_TOO_LARGE")
		}
		return hs.once(c, func() string { return hs.add(room, c.user, c.PathValue("type"), nil, c.body) })
	})
	in("PUT /redact/{event}/{txn}", func(c call, room *fakeRoom) any {
		return hs.once(c, func() string {
			return hs.add(room, c.user, "m.room.redaction", nil, object{"redacts": c.PathValue("event")})
		})
	})
	in("GET /messages", func(c call, room *fakeRoom) any { return room.messages(c.Request) })
}

func (hs *homeserver) once(c call, do func() string) any {
	txn := c.user + c.device + c.PathValue("txn")
	if hs.txns[txn] == "" {
		hs.txns[txn] = do()
	}
	return object{"event_id": hs.txns[txn]}
}

func (r *fakeRoom) messages(req *http.Request) any {
	from := 1 << 30
	if token := req.URL.Query().Get("from"); token != "" {
		from, _ = strconv.Atoi(strings.TrimPrefix(token, "s"))
	}
	to, _ := strconv.Atoi(strings.TrimPrefix(req.URL.Query().Get("to"), "s"))
	var chunk []object
	end := ""
	for _, evt := range slices.Backward(r.events) {
		if pos := evt["pos"].(int); pos <= from && pos > to {
			if len(chunk) == 40 {
				end = "s" + strconv.Itoa(pos)
				break
			}
			chunk = append(chunk, evt)
		}
	}
	return object{"chunk": chunk, "end": end}
}

func (hs *homeserver) createRoom(c call) any {
	hs.stream++
	room := &fakeRoom{id: fmt.Sprintf("!made%d", hs.stream), state: map[string]map[string]any{}}
	hs.rooms[room.id] = room
	empty := ""
	created := object{"room_version": "11", "asked": c.body}
	if content, ok := c.body["creation_content"].(object); ok {
		maps.Copy(created, content)
	}
	hs.add(room, c.user, "m.room.create", &empty, created)
	hs.add(room, c.user, "m.room.member", &c.user, object{"membership": "join"})
	for _, evt := range c.body["initial_state"].([]any) {
		hs.add(room, c.user, evt.(object)["type"].(string), &empty, evt.(object)["content"])
	}
	return object{"room_id": room.id}
}
