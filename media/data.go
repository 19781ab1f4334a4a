package media

//lint:file-ignore SA1019 the clients of today send and read these fields

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"

	"stimmbote/media/signal"
)

const (
	maxData     = 64 << 10     // bytes of one packet of data, as clients send them
	lossyBehind = 256 << 10    // bytes that wait for a client before what may be lost is
	mostBehind  = 8 << 20      // bytes that wait for a client before others are dropped
	mostEarly   = 256 << 10    // bytes of them that wait for a client that is still connecting
	dataRate    = 1000         // packets that a client may send in a second
	dataBurst   = 2 * dataRate // after a silence
	dataBytes   = 2 << 20      // bytes in a second, and after a silence
	maxChannels = 8            // that a client may open
	reliable    = "_reliable"  // labels of the channels, as clients expect them
	lossy       = "_lossy"     // unordered and never sent again
	whole       = time.Second  // what rates are counted in
)

// Ends of a participant for what happens on a data channel.
var (
	errUnread   = errors.New("data is not being read")
	errChannels = errors.New("too many data channels")
)

// dataLine is a participant's way of sending and receiving packets of data.
type dataLine struct {
	out    [2]atomic.Pointer[webrtc.DataChannel] // by kind
	last   atomic.Uint32                         // sequence of the newest reliable packet received
	opened atomic.Int32
	rates  [2]dataRates // by kind

	// Of what may not be lost; the room's goroutine's.
	share   share    // what waits for the client
	early   []packet // what waits for its channel to open
	earlier int      // bytes of that
}

// packet is one of somebody, for a client.
type packet struct {
	from string
	b    []byte
}

// sends makes a channel the one that packets of a kind go out on.
func (l *dataLine) sends(kind livekit.DataPacket_Kind, ch *webrtc.DataChannel) { l.out[kind].Store(ch) }

// send queues a packet of somebody for the client. If the client is behind, what may be lost is, and of the rest what is
// more than the sender's share.
func (l *dataLine) send(kind livekit.DataPacket_Kind, from string, b []byte, now time.Time) {
	if kind == livekit.DataPacket_LOSSY {
		if ch := l.open(kind); ch != nil && ch.BufferedAmount() <= lossyBehind {
			_ = ch.Send(b) // only a channel that is closing refuses
		}
		return
	}
	if l.earlier+len(b) <= mostEarly {
		l.early = append(l.early, packet{from, b})
		l.earlier += len(b)
	}
	l.pay(now)
}

// pay sends what waits for the channel, once that is open.
func (l *dataLine) pay(now time.Time) {
	ch := l.open(livekit.DataPacket_RELIABLE)
	if ch == nil {
		return
	}
	for _, p := range l.early {
		waiting := int(ch.BufferedAmount())
		l.share.settle(waiting, now)
		if l.share.admit(p.from, len(p.b), waiting) {
			_ = ch.Send(p.b)
		}
	}
	clear(l.early)
	l.early, l.earlier = l.early[:0], 0
}

// open is the channel for packets of a kind; nil as long as nothing can be sent on it.
func (l *dataLine) open(kind livekit.DataPacket_Kind) *webrtc.DataChannel {
	if ch := l.out[kind].Load(); ch != nil && ch.ReadyState() == webrtc.DataChannelStateOpen {
		return ch
	}
	return nil
}

// unread says whether the client does not read what may not be lost.
func (l *dataLine) unread(now time.Time) bool {
	ch := l.out[livekit.DataPacket_RELIABLE].Load()
	if ch == nil {
		return false
	}
	waiting := int(ch.BufferedAmount())
	l.share.settle(waiting, now)
	return l.share.unread(waiting, now)
}

// listen takes what comes on a channel that the client has opened; out is whether it is for both directions.
func (r *room) listen(p *participant, ch *webrtc.DataChannel, out bool) {
	if p.data.opened.Add(1) > maxChannels {
		p.fail(errChannels)
		return
	}
	kind := livekit.DataPacket_RELIABLE
	switch ch.Label() {
	case reliable:
	case lossy:
		kind = livekit.DataPacket_LOSSY
	default:
		return // of no use here, and costs nothing
	}
	p.log.Trace().Stringer("kind", kind).Msg("Channel opened")
	if out {
		p.data.sends(kind, ch)
	}
	ch.OnMessage(r.hearing(p, kind, &p.data.rates[kind]))
}

// hearing is what happens with a packet of data. It runs where the connection reads: a fault there must not get out.
func (r *room) hearing(p *participant, kind livekit.DataPacket_Kind, rates *dataRates) func(webrtc.DataChannelMessage) {
	return func(m webrtc.DataChannelMessage) { r.guard(func() { r.received(p, kind, rates, m.Data) }) }
}

// dataRates limit what a client sends of a kind, on however many channels.
type dataRates struct {
	mu             sync.Mutex
	packets, bytes bucket
}

// take takes a packet of so many bytes, and says how long to wait until it is allowed.
func (d *dataRates) take(bytes int, now time.Time) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return max(d.packets.take(1, dataRate, dataBurst, now), d.bytes.take(float64(bytes), dataBytes, dataBytes, now))
}

// received passes a packet on. Whoever sends too fast waits, or loses what may be lost; a packet that cannot be read is
// dropped.
func (r *room) received(p *participant, kind livekit.DataPacket_Kind, rates *dataRates, b []byte) {
	if len(b) > maxData {
		return
	}
	if wait := rates.take(len(b), time.Now()); wait > 0 {
		if kind == livekit.DataPacket_LOSSY {
			return
		}
		select {
		case <-time.After(wait):
		case <-p.quit:
			return
		}
	}
	m := &livekit.DataPacket{}
	if proto.Unmarshal(b, m) != nil || m.GetValue() == nil {
		return
	}
	if kind == livekit.DataPacket_RELIABLE && m.GetSequence() > 0 {
		p.data.last.Store(m.GetSequence())
	}
	r.post(func() { r.relay(p, kind, m) })
}

// relay sends a packet to those whom it is for. Who sent it is what we know, not what the packet says. As on LiveKit the
// grant decides, also for one of whom nobody has been told yet: what a client sends as soon as it is connected arrives.
func (r *room) relay(p *participant, kind livekit.DataPacket_Kind, m *livekit.DataPacket) {
	if r.people[p.identity] != p || !p.video.GetCanPublishData() {
		return
	}
	switch v := m.GetValue().(type) {
	case *livekit.DataPacket_Transcription:
		if p.kind != livekit.ParticipantInfo_AGENT {
			return
		}
	case *livekit.DataPacket_Speaker, *livekit.DataPacket_Metrics:
		return // only a server says who speaks, and nobody here wants measurements
	case *livekit.DataPacket_User:
		olderFields(p, m, v.User)
	}
	m.Kind, m.ParticipantSid, m.ParticipantIdentity = kind, p.sid, p.identity
	if p.hidden() {
		m.ParticipantSid, m.ParticipantIdentity = "", ""
	}
	r.spread(p, kind, m)
}

// olderFields keeps two ways of saying the same in step: older clients put sender and destinations into the payload.
func olderFields(p *participant, m *livekit.DataPacket, u *livekit.UserPacket) {
	if len(m.GetDestinationIdentities()) == 0 {
		m.DestinationIdentities = u.GetDestinationIdentities()
	}
	u.ParticipantSid, u.ParticipantIdentity = p.sid, p.identity
	if p.hidden() {
		u.ParticipantSid, u.ParticipantIdentity = "", ""
	}
}

// spread sends a packet to its destinations, or to everybody but the sender.
func (r *room) spread(from *participant, kind livekit.DataPacket_Kind, m *livekit.DataPacket) {
	b, err := proto.Marshal(m)
	if err != nil {
		return // a string that is not UTF-8
	}
	sender, now := "", r.now() // none is the program itself
	if from != nil {
		sender = from.sid
	}
	deliver := func(to *participant) { to.data.send(kind, sender, b, now) }
	if to := m.GetDestinationIdentities(); len(to) > 0 {
		for i, identity := range to {
			if other := r.people[identity]; other != nil && i < maxPeople && !slices.Contains(to[:i], identity) {
				deliver(other)
			}
		}
		return
	}
	for _, other := range r.people {
		if other != from {
			deliver(other)
		}
	}
}

// bucket limits a rate. It belongs to one goroutine at a time.
type bucket struct {
	level float64
	at    time.Time
}

// take takes n, and says how long to wait until that many were allowed.
func (b *bucket) take(n, rate, burst float64, now time.Time) time.Duration {
	if b.at.IsZero() {
		b.level = burst
	} else {
		b.level = min(burst, b.level+rate*now.Sub(b.at).Seconds())
	}
	b.at = now
	if b.level -= n; b.level >= 0 {
		return 0
	}
	return time.Duration(-b.level / rate * float64(whole))
}

// refuse answers a request with the reason why it is not granted, where the client wants one.
func (p *participant) refuse(request uint32, reason livekit.RequestResponse_Reason) {
	p.send(signal.Answered(request, reason))
}
