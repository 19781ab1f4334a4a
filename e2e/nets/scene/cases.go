package scene

import (
	"errors"
	"fmt"
	"time"

	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/nets/lab"
)

// Case is something that networks do to bernd while anna is on a good line. They hear and see each other.
type Case struct {
	Name     string
	Up, Down lab.Line // of bernd
	Firewall func(s Server) lab.Firewall
	Adapts   bool          // bernd's program sends less where the line seems to carry no more
	Length   time.Duration // that is measured; 0: usual
	// Then is what happens in the middle, and After how long it is watched.
	Then  func(bernd *Person) error
	After time.Duration

	Joined      time.Duration // bernd has by then
	Bernd, Anna Limits        // of what they notice
}

const (
	usual  = 12 * time.Second
	settle = 4 * time.Second // after the join, which is not measured
)

const ms = time.Millisecond

// both is a line that is the same in both directions, and so is what is noticed.
func both(name string, l lab.Line, joined time.Duration, most Limits) Case {
	return Case{Name: name, Up: l, Down: l, Joined: joined, Bernd: most, Anna: most}
}

// Cases is the matrix. Where a limit is not one that a meeting has to keep, it is half as much again as the median of what
// was measured (bench/results/nets.jsonl) to five times that, or a little where that was nothing.
func Cases() []Case {
	const s, narrow, wide = time.Second, 300_000, 2_000_000
	near := lab.Line{Delay: 20 * ms}
	slow, fast := lab.Line{Delay: 20 * ms, Rate: narrow}, lab.Line{Delay: 20 * ms, Rate: wide}
	clean := Limits{Unheard: 20, Silent: 300 * ms, Frozen: 1 * s}
	steady := Limits{Unheard: 20, Silent: 300 * ms, Frozen: 1 * s, SoundBack: 1 * s}
	moves := Limits{Unheard: 100, Silent: 1200 * ms, Frozen: 2500 * ms, SoundBack: 3 * s, PictureBack: 3 * s}
	returns := Limits{Unheard: 250, Silent: 9 * s, Frozen: 14 * s, SoundBack: 10 * s, PictureBack: 14 * s}
	return []Case{
		both("good", lab.Line{Delay: 10 * ms}, 1500*ms, clean),
		both("loss 2 %", lab.Line{Loss: 0.02, Delay: 15 * ms}, 3*s, Limits{Unheard: 60, Silent: 300 * ms, Frozen: 3 * s}),
		both("loss 5 %", lab.Line{Loss: 0.05, Delay: 15 * ms}, 4*s, Limits{Unheard: 150, Silent: 300 * ms, Frozen: 5 * s}),
		both("loss 5 %, 100 ms", lab.Line{Loss: 0.05, Delay: 100 * ms}, 10*s, Limits{Unheard: 150, Silent: 300 * ms, Frozen: 10 * s}),
		both("loss 10 %", lab.Line{Loss: 0.10, Delay: 15 * ms}, 8*s, Limits{Unheard: 250, Silent: 400 * ms, Frozen: 8 * s}),
		both("loss 5 % in bursts of 5", lab.Line{Loss: 0.05, Burst: 5, Delay: 15 * ms}, 3*s,
			Limits{Unheard: 120, Silent: 1 * s, Frozen: 5 * s}),
		both("delay 300 ms", lab.Line{Delay: 300 * ms}, 14*s, clean),
		both("jitter 60 ms", lab.Line{Delay: 30 * ms, Jitter: 60 * ms}, 6*s, clean),
		both("1 % overtakes by 30 ms", lab.Line{Delay: 30 * ms, Reorder: 0.01}, 3*s, clean),
		{
			Name: "300 kbit/s down", Up: near, Down: slow, Length: 2 * usual,
			Joined: 4 * s, Bernd: Limits{Unheard: 60, Silent: 1 * s, Frozen: 4 * s}, Anna: clean,
		},
		{
			Name: "300 kbit/s up", Up: slow, Down: near, Adapts: true, Length: 2 * usual,
			Joined: 5 * s, Bernd: clean, Anna: Limits{Unheard: 150, Silent: 3 * s, Frozen: 10 * s},
		},
		{
			Name: "2 Mbit/s, then 300 kbit/s down", Up: near, Down: fast, After: 2 * usual,
			Then:   func(p *Person) error { p.Machine.Down(slow); return nil },
			Joined: 3 * s, Bernd: Limits{Unheard: 40, Silent: 800 * ms, Frozen: 5 * s, SoundBack: 1 * s, PictureBack: 5 * s}, Anna: steady,
		},
		{
			Name: "300 kbit/s, then 2 Mbit/s down", Up: near, Down: slow, After: 2 * usual,
			Then:   func(p *Person) error { p.Machine.Down(fast); return nil },
			Joined: 4 * s, Bernd: Limits{Unheard: 60, Silent: 800 * ms, Frozen: 2 * s, SoundBack: 1 * s, BestBack: 10 * s}, Anna: steady,
		},
		{
			Name: "no UDP", Up: near, Down: near, Firewall: func(Server) lab.Firewall { return lab.NoUDP },
			Joined: 3500 * ms, Bernd: clean, Anna: clean, // 3 s more than with it
		},
		{
			Name: "443 alone", Up: near, Down: near, Firewall: func(s Server) lab.Firewall { return lab.Only(s.Ports...) },
			Joined: 3500 * ms, Bernd: clean, Anna: clean,
		},
		{
			Name: "another network", Up: near, Down: near, After: usual,
			Then:   func(p *Person) error { return p.Change("192.168.1.77") },
			Joined: 3 * s, Bernd: moves, Anna: moves,
		},
		{
			Name: "router starts anew (2 s)", Up: near, Down: near, After: 3 * usual,
			Then: func(p *Person) error {
				p.Machine.Cut(true)
				time.Sleep(2 * time.Second)
				p.Machine.Restart()
				p.Machine.Cut(false)
				return nil
			},
			Joined: 3 * s, Bernd: returns, Anna: returns,
		},
	}
}

// Figures are what was noticed in one run of a case: by bernd, of what comes to him, and by anna, of what he sends.
type Figures struct {
	Server string  `json:"server"`
	Case   string  `json:"case"`
	Joined int     `json:"joined_ms"` // of bernd
	Way    string  `json:"way"`
	Bernd  Noticed `json:"bernd"`
	Anna   Noticed `json:"anna"`
	Error  string  `json:"error,omitempty"`
}

// Noticed is what somebody has noticed, in milliseconds and in parts of 1000.
type Noticed struct {
	Unheard  int `json:"unheard"`  // of 1000 sounds
	Silences int `json:"silences"` // of 60 ms and more
	Silent   int `json:"silent_ms"`
	Freezes  int `json:"freezes"`
	Frozen   int `json:"frozen_ms"`
	Rate     int `json:"frames"` // in 10 s
	Best     int `json:"best"`   // of 1000 frames, in the best layer
	// After what happened in the middle: when sound was back for good, and when pictures, and the best ones. -1: never.
	SoundBack   int `json:"sound_back_ms,omitempty"`
	PictureBack int `json:"picture_back_ms,omitempty"`
	BestBack    int `json:"best_back_ms,omitempty"`
	Rejoined    int `json:"rejoined,omitempty"`
}

// freeze is how long a picture stands still before a person notices: the measure of browsers, at 15 pictures a second.
const freeze = 217

// notice makes figures of a report.
func notice(r guest.Report) Noticed {
	var n Noticed
	if r.Sounds > 0 {
		n.Unheard = r.Unheard * 1000 / r.Sounds
	}
	for _, s := range r.Silences {
		n.Silences++
		n.Silent += s.Ms
	}
	last, best := 0, 0
	for _, f := range append(r.Frames, guest.Frame{At: r.Length}) {
		if d := f.At - last; d > freeze {
			n.Freezes++
			n.Frozen += d
		}
		last = f.At
		if f.Layer == 2 {
			best++
		}
	}
	if len(r.Frames) > 0 {
		n.Best = best * 1000 / len(r.Frames)
	}
	n.Rate = len(r.Frames) * 10_000 / max(r.Length, 1)
	n.Rejoined = r.Rejoined
	return n
}

// back says when sound and pictures were there again after what happened at a time: after the silence that two seconds
// without one follow, and with the first picture after which none stands still for half a second; the best ones with the
// first of three seconds of them.
func back(n *Noticed, r guest.Report, at int) {
	const still, steady, quiet = 500, 3000, 2000
	end := at
	for _, s := range r.Silences {
		if s.At+s.Ms > at && s.At < end+quiet {
			end = s.At + s.Ms
		}
	}
	n.SoundBack = end - at
	if r.Sounds == 0 || end >= r.Length-100 {
		n.SoundBack = -1
	}
	n.PictureBack, n.BestBack = 0, -1
	last, bestSince := at, -1
	for _, f := range r.Frames {
		if f.At < at {
			continue
		}
		if f.At-last >= still {
			n.PictureBack = f.At - at
		}
		last = f.At
		switch {
		case f.Layer < 2:
			bestSince = -1
		case bestSince < 0:
			bestSince = f.At
		case f.At-bestSince > steady && n.BestBack < 0:
			n.BestBack = bestSince - at
		}
	}
	if r.Length-last >= still {
		n.PictureBack = -1
	}
}

// Try runs a case on a server and says what was noticed.
func Try(s Server, c Case, seed uint64, dir string) Figures {
	f := Figures{Server: s.Name, Case: c.Name}
	if err := f.try(s, c, seed, dir); err != nil {
		f.Error = err.Error()
	}
	return f
}

func (f *Figures) try(s Server, c Case, seed uint64, dir string) error {
	sc, err := New(s, seed, dir)
	if err != nil {
		return err
	}
	defer sc.Close()
	good, err := sc.Machine("", "198.51.100.2")
	if err != nil {
		return err
	}
	bad, err := sc.Machine("203.0.113.2", "192.168.1.2")
	if err != nil {
		return err
	}
	good.Up(lab.Line{Delay: 10 * ms})
	good.Down(lab.Line{Delay: 10 * ms})
	bad.Up(c.Up)
	bad.Down(c.Down)
	if c.Firewall != nil {
		bad.Guard(c.Firewall(s))
	}
	anna, err := sc.Enter(good, "anna")
	if err != nil {
		return fmt.Errorf("anna: %w", err)
	}
	bernd, err := sc.Enter(bad, "bernd", func(o *guest.Options) { o.Adapts = c.Adapts })
	if err != nil {
		return fmt.Errorf("bernd: %w", err)
	}
	time.Sleep(settle)
	if _, _, err := reports(anna, bernd); err != nil {
		return err
	}
	length := c.Length
	if length == 0 {
		length = usual
	}
	time.Sleep(length)
	ofAnna, ofBernd, err := reports(anna, bernd)
	if err != nil {
		return err
	}
	f.Joined, f.Way = ofBernd.Took, ofBernd.Way
	f.Anna, f.Bernd = notice(ofAnna), notice(ofBernd)
	if c.Then == nil {
		return nil
	}
	const at = 1000 // a report leaves the last second for the next
	if err := c.Then(bernd); err != nil {
		return err
	}
	time.Sleep(c.After)
	if ofAnna, ofBernd, err = reports(anna, bernd); err != nil {
		return err
	}
	f.Anna, f.Bernd = notice(ofAnna), notice(ofBernd)
	back(&f.Anna, ofAnna, at)
	back(&f.Bernd, ofBernd, at)
	return nil
}

func reports(anna, bernd *Person) (a, b guest.Report, err error) {
	a, first := anna.Report()
	b, second := bernd.Report()
	return a, b, errors.Join(first, second)
}
