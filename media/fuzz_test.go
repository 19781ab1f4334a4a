package media

import (
	"testing"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/rs/zerolog"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// lone is a participant of a room that nobody runs: what a message sets going is done at once, on the test's goroutine.
type lone struct {
	room *room
	p    *participant
}

func newLone(f *testing.F, single bool) lone {
	f.Helper()
	s, err := New(Config{UDP: "127.0.0.1:0"}, Options{Secret: []byte("0123456789abcdef0123456789abcdef")}, zerolog.Nop())
	if err != nil {
		f.Fatal(err)
	}
	r := newRoom(s, "r")
	yes := true
	video := &auth.VideoGrant{RoomJoin: true, Room: "r"}
	video.CanUpdateOwnMetadata = &yes
	p, err := s.newParticipant(r, joining{grant: grant{room: "r", identity: "eve", video: video, key: issuer}, single: single, auto: true})
	if err != nil {
		f.Fatal(err)
	}
	p.active = true
	r.people[p.identity] = p
	f.Cleanup(func() {
		_ = p.pub.pc.Close()
		_ = p.sub.pc.Close()
		_ = s.mux.Close()
	})
	return lone{room: r, p: p}
}

// settle does what is waiting to be done.
func (l lone) settle() {
	for {
		select {
		case f := <-l.room.do:
			f()
		case f := <-l.p.pub.do:
			_ = f()
		case f := <-l.p.sub.do:
			_ = f()
		default:
			l.room.people[l.p.identity] = l.p // who says goodbye goes on all the same
			return
		}
	}
}

// everyKind adds a message of each kind, empty and with everything in it set.
func everyKind(f *testing.F, outer proto.Message, oneof protoreflect.Name) {
	f.Helper()
	fields := outer.ProtoReflect().Descriptor().Oneofs().ByName(oneof).Fields()
	for i := range fields.Len() {
		for depth := range 4 {
			m := outer.ProtoReflect().New()
			fill(m, fields.Get(i), depth)
			b, err := proto.Marshal(m.Interface())
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
}

// fill sets a field to something that is not nothing, and what is in it down to some depth.
func fill(m protoreflect.Message, fd protoreflect.FieldDescriptor, depth int) {
	value := func(v protoreflect.Value) protoreflect.Value {
		switch fd.Kind() {
		case protoreflect.MessageKind:
			inner := v.Message()
			for i := range inner.Descriptor().Fields().Len() {
				if depth > 0 {
					fill(inner, inner.Descriptor().Fields().Get(i), depth-1)
				}
			}
			return v
		case protoreflect.StringKind:
			return protoreflect.ValueOfString("TR_x")
		case protoreflect.BytesKind:
			return protoreflect.ValueOfBytes([]byte("x"))
		case protoreflect.BoolKind:
			return protoreflect.ValueOfBool(true)
		case protoreflect.EnumKind:
			return protoreflect.ValueOfEnum(1)
		default:
			return v
		}
	}
	switch {
	case fd.IsMap():
	case fd.IsList():
		list := m.Mutable(fd).List()
		list.Append(value(list.NewElement()))
	default:
		m.Set(fd, value(m.NewField(fd)))
	}
}

// No message of a client's, whatever is in it, is more than a message.
func FuzzRequests(f *testing.F) {
	everyKind(f, &livekit.SignalRequest{}, "message")
	one, two := newLone(f, true), newLone(f, false)
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, l := range []lone{one, two} {
			m := &livekit.SignalRequest{}
			if proto.Unmarshal(b, m) == nil {
				l.room.handle(l.p, nil, m)
				l.settle()
			}
		}
	})
}

func FuzzData(f *testing.F) {
	everyKind(f, &livekit.DataPacket{}, "value")
	l := newLone(f, true)
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, kind := range []livekit.DataPacket_Kind{livekit.DataPacket_RELIABLE, livekit.DataPacket_LOSSY} {
			l.room.received(l.p, kind, &dataRates{}, b)
			l.settle()
		}
	})
}
