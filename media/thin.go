package media

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"

	"stimmbote/media/allot"
	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

const (
	lineBeats = 4 // that what is said of a line is gathered over, at most
	few       = 2 // of these, if much is lost
	fewLost   = 8 // packets that are enough to be sure after few beats
	someLost  = 4 // and after all of them: less is chance
)

// fewPart is the part that has to be lost for few beats to be enough.
const fewPart = 0.4

// againPart is the part of a thin line that packets may take which are sent again: a quarter.
const againPart = 4

// thin is what a subscriber knows of its line.
type thin struct {
	line    allot.Line
	past    [lineBeats]forward.Flow // what went out in each of the last beats
	at      int
	gone    forward.Flow // what went out of tracks that are no longer given
	total   forward.Flow // what went out in all, at the last beat
	divided bool         // the line does not carry all
	sent    int          // what went out in the last beats, in bits per second
	heard   allot.Heard  // what was known at the last one
	echo    *forward.Echo
	alarmed atomic.Bool // the line fills, and something is about to be done
}

// rank is how important a track is to its receiver.
func (in *incoming) rank() allot.Rank {
	switch {
	case in.send.Kind() == webrtc.RTPCodecTypeAudio:
		return allot.Sound
	case in.from.shared:
		return allot.Shared
	case in.from.speaks.Load() || in.large:
		return allot.Foremost
	default:
		return allot.Other
	}
}

// source is what a subscriber knows of where a track comes from.
type source struct {
	sid    string       // of the participant
	stream string       // that tells the client whose it is
	shared bool         // it is of a screen
	speaks *atomic.Bool // the participant does, just now
}

// alarm has something done about a line that fills before the next beat: sound waits in it too.
func (s *subscriber) alarm() {
	if s.thin.alarmed.CompareAndSwap(false, true) {
		s.post(func() error {
			s.thin.alarmed.Store(false)
			s.divide(time.Now(), s.thin.heard)
			return nil
		})
	}
}

// weigh sees what has gone out since the last beat and what was said of it, and divides anew.
func (s *subscriber) weigh(now time.Time) {
	if s.thin.echo.Broke(now) {
		s.forget(now) // nothing came through, which has nothing to do with how much was sent
	}
	sum, estimate := s.thin.gone, 0
	for _, in := range s.incoming {
		sum = sum.Plus(in.send.Flow())
		estimate = max(estimate, in.send.Estimate())
	}
	heard := s.thin.note(sum)
	s.thin.heard, s.thin.sent = heard, heard.Sent
	heard.Estimate = estimate // is new once
	s.divide(now, heard)
}

// moved begins anew: packets go another way, of which nothing is known, and what was lost between the two says nothing of it.
// Nor does it matter what a picture lacks if a whole one comes.
func (s *subscriber) moved() error {
	now := time.Now()
	s.thin.line = allot.Line{}
	s.thin.echo.Move()
	s.forget(now)
	for _, in := range s.incoming {
		in.send.Renew(now)
	}
	s.divide(now, allot.Heard{})
	return nil
}

// forget lets what has been lost until now count no more.
func (s *subscriber) forget(now time.Time) {
	s.thin.past, s.thin.heard = [lineBeats]forward.Flow{}, allot.Heard{}
	for _, in := range s.incoming {
		in.send.Forget(now)
	}
}

// divide gives what the line carries to what the client receives, and tells it what it gets.
func (s *subscriber) divide(now time.Time, heard allot.Heard) {
	if !s.ready || len(s.incoming) == 0 {
		return
	}
	ids, tracks := s.demands(now)
	fills := s.fills(ids, tracks)
	heard.Needs, heard.Least, heard.Bare = allot.Needs(tracks), allot.Least(tracks), len(fills) == 0
	heard.Arrivals = allot.Arrivals(s.thin.echo.Arrivals(now))
	drained := s.thin.line.Drained()
	if s.thin.line.Note(now, heard) {
		s.thin.echo.Forget()
		s.forget(now)
	}
	if later := s.thin.line.Drained(); later != drained {
		time.AfterFunc(later.Sub(now), s.alarm)
	}
	s.fill(fills, allot.Takes(tracks))
	limit, limited := s.thin.line.Limit()
	if !limited && !s.thin.divided {
		return
	}
	s.thin.divided = limited
	for _, in := range s.incoming {
		in.send.Spare(limit / againPart) // 0 is no bound
	}
	switch {
	case now.Before(s.thin.line.Drained()):
		s.hush()
	case limited:
		s.grant(ids, tracks, allot.Divide(limit, tracks))
	default:
		s.grant(ids, tracks, nil)
	}
	a := heard.Arrivals
	s.log.Trace().Int("limit", limit).Int("tries", s.thin.line.Tries()).Int("sent", heard.Sent).Float64("lost", heard.Lost).Int("estimate", heard.Estimate).
		Int("leaves", a.Sent).Int("carries", a.Carries).Dur("waits", a.Waits).Dur("stands", a.Stands).Dur("usual", a.Usual).Dur("seldom", a.Seldom).Msg("Line divided")
}

// hush leaves the line to sound. It is for so short a time that the client is not told.
func (s *subscriber) hush() {
	for _, in := range s.incoming {
		if in.send.Kind() == webrtc.RTPCodecTypeVideo {
			in.send.Allot(allot.Paused)
		}
	}
}

// fills is what the line can be filled with: pictures that flow, else one that has no room. Of what is idle nothing would
// go out, and a line that bears nothing proves nothing.
func (s *subscriber) fills(ids []string, tracks []allot.Track) (flowing []*forward.Sender) {
	var starved []*forward.Sender
	for i, id := range ids {
		in := s.incoming[id]
		switch {
		case in.send.Kind() != webrtc.RTPCodecTypeVideo || !in.send.Fills() || tracks[i].Idle():
		case in.send.Now() >= 0:
			flowing = append(flowing, in.send)
		case in.starved:
			starved = append(starved, in.send)
		}
	}
	if len(flowing) == 0 && len(starved) > 0 {
		return starved[:1]
	}
	return flowing
}

// fill has sent what the line is tried with, beside what everything takes: a picture that has just got better takes more
// than has gone out so far.
func (s *subscriber) fill(fills []*forward.Sender, takes int) {
	more := max(0, s.thin.line.Tries()-max(takes, s.thin.sent))
	for _, in := range s.incoming {
		switch i := slices.Index(fills, in.send); {
		case in.send.Kind() != webrtc.RTPCodecTypeVideo:
		case i < 0:
			in.send.Fill(0)
		default:
			in.send.Fill(more / len(fills))
		}
	}
}

// demands lists what the client is to receive.
func (s *subscriber) demands(now time.Time) (ids []string, tracks []allot.Track) {
	ids = slices.Sorted(maps.Keys(s.incoming))
	for _, id := range ids {
		in := s.incoming[id]
		t := allot.Track{Rank: in.rank(), Costs: in.track.Rates(now), Want: in.want, Now: in.send.Now()}
		if t.Rank == allot.Sound {
			t.Costs = [allot.Qualities]int{t.Costs[forward.Best]}
		}
		tracks = append(tracks, t)
	}
	return ids, tracks
}

// grant follows a division; nil is one that has room for everything. What has no room is paused, and the client told so.
func (s *subscriber) grant(ids []string, tracks []allot.Track, qualities []int) {
	var changed []*livekit.StreamStateInfo
	for i, id := range ids {
		in, t, quality := s.incoming[id], tracks[i], forward.Best
		if t.Rank == allot.Sound {
			continue
		}
		if qualities != nil {
			if t.Idle() {
				continue
			}
			quality = qualities[i]
		}
		in.send.Allot(quality)
		if paused := quality == allot.Paused; paused != in.starved {
			in.starved = paused
			s.incoming[id] = in
			changed = append(changed, signal.StreamState(in.from.sid, id, paused))
		}
	}
	if len(changed) > 0 {
		s.send(signal.StreamStates(changed))
	}
}

// note takes in what has gone out in all, and gives what is to be learnt of the last beats.
func (t *thin) note(sum forward.Flow) allot.Heard {
	t.past[t.at], t.total = sum.Minus(t.total), sum
	t.at = (t.at + 1) % lineBeats
	var all, recent forward.Flow
	for i := range t.past { // from the last one
		all = all.Plus(t.past[(t.at+lineBeats-1-i)%lineBeats])
		if i == few-1 {
			recent = all
		}
	}
	if recent.Gone() >= fewLost && recent.Lost() >= fewPart {
		return allot.Heard{Sent: int(8*recent.Bytes) * lineBeats / few, Lost: recent.Lost()}
	}
	h := allot.Heard{Sent: int(8 * all.Bytes)}
	if all.Gone() >= someLost {
		h.Lost = all.Lost()
	}
	return h
}
