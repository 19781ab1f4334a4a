package forward

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

type step struct {
	ssrc    uint32
	seq     uint16
	ts      uint32
	key     bool
	between time.Duration // by the sender's clock
	pause   bool          // before this packet
	after   time.Duration // since the one before
	wantSeq uint16
	wantTS  uint32
	drop    bool
}

func TestRewriter(t *testing.T) {
	for name, c := range map[string]struct {
		video bool
		steps []step
	}{
		"sound goes through as it is": {false, []step{
			{ssrc: 1, seq: 10, ts: 1000, wantSeq: 10, wantTS: 1000},
			{ssrc: 1, seq: 11, ts: 1960, wantSeq: 11, wantTS: 1960},
		}},
		"loss and order stay visible": {false, []step{
			{ssrc: 1, seq: 10, ts: 1000, wantSeq: 10, wantTS: 1000},
			{ssrc: 1, seq: 13, ts: 4000, wantSeq: 13, wantTS: 4000},
			{ssrc: 1, seq: 12, ts: 3000, wantSeq: 12, wantTS: 3000},
			{ssrc: 1, seq: 14, ts: 5000, wantSeq: 14, wantTS: 5000},
		}},
		"numbers and times wrap": {false, []step{
			{ssrc: 1, seq: 65535, ts: 4294967290, wantSeq: 65535, wantTS: 4294967290},
			{ssrc: 1, seq: 0, ts: 954, wantSeq: 0, wantTS: 954},
			{ssrc: 1, seq: 65534, ts: 4294966330, drop: true},
		}},
		"pictures begin with a key frame": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, drop: true},
			{ssrc: 1, seq: 11, ts: 1000, drop: true},
			{ssrc: 1, seq: 12, ts: 4000, key: true, wantSeq: 12, wantTS: 4000},
			{ssrc: 1, seq: 11, ts: 1000, drop: true},
			{ssrc: 1, seq: 13, ts: 4000, wantSeq: 13, wantTS: 4000},
		}},
		"a pause leaves no gap in numbers, but in time": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 1, seq: 11, ts: 4000, wantSeq: 11, wantTS: 4000},
			{ssrc: 1, seq: 50, ts: 90000, pause: true, drop: true},
			{ssrc: 1, seq: 51, ts: 93000, key: true, wantSeq: 12, wantTS: 93000},
			{ssrc: 1, seq: 50, ts: 90000, drop: true},
			{ssrc: 1, seq: 53, ts: 96000, wantSeq: 14, wantTS: 96000},
			{ssrc: 1, seq: 52, ts: 93000, wantSeq: 13, wantTS: 93000},
		}},
		"another source goes on where the first ended": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 2, seq: 60000, ts: 7, drop: true},
			{ssrc: 2, seq: 60001, ts: 7, key: true, after: time.Second, wantSeq: 11, wantTS: 91000},
			{ssrc: 2, seq: 60002, ts: 3007, wantSeq: 12, wantTS: 94000},
		}},
		"another source goes on by its sender's clock, not by ours": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 2, seq: 5, ts: 5, key: true, between: time.Second, after: 1500 * time.Millisecond, wantSeq: 11, wantTS: 91000},
		}},
		"a picture of before the last one comes right after it": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 2, seq: 5, ts: 5, key: true, between: -time.Second, after: time.Second, wantSeq: 11, wantTS: 1001},
		}},
		"a clock that cannot be right does not count": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 2, seq: 5, ts: 5, key: true, between: time.Hour, after: time.Second, wantSeq: 11, wantTS: 91000},
		}},
		"time never stands still between sources": {true, []step{
			{ssrc: 1, seq: 10, ts: 1000, key: true, wantSeq: 10, wantTS: 1000},
			{ssrc: 2, seq: 5, ts: 5, key: true, wantSeq: 11, wantTS: 1001},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rewriter{video: c.video, clock: 90000}
			now := time.Unix(1000, 0)
			for i, s := range c.steps {
				now = now.Add(s.after)
				if s.pause {
					r.pause()
				}
				seq, ts, ok := r.next(&rtp.Header{SSRC: s.ssrc, SequenceNumber: s.seq, Timestamp: s.ts}, s.key, now, s.between)
				if ok == s.drop || ok && (seq != s.wantSeq || ts != s.wantTS) {
					t.Errorf("packet %d: got %d, %d, %v, want %d, %d, %v", i, seq, ts, ok, s.wantSeq, s.wantTS, !s.drop)
				}
			}
		})
	}
}

// A long stream must not take old packets of its beginning for new ones, nor refuse its own after numbers wrapped.
func TestRewriterLongStream(t *testing.T) {
	r := rewriter{clock: 48000}
	now := time.Unix(1000, 0)
	for i := range 3 << 16 {
		seq, ts, ok := r.next(&rtp.Header{SSRC: 1, SequenceNumber: uint16(i), Timestamp: uint32(i) * 960}, false, now, 0)
		if !ok || seq != uint16(i) || ts != uint32(i)*960 {
			t.Fatalf("packet %d: %d, %d, %v", i, seq, ts, ok)
		}
	}
}
