package scene

import (
	"fmt"
	"time"
)

// Limits are how much somebody may notice in a run.
type Limits struct {
	Unheard        int // of 1000 sounds
	Silent, Frozen time.Duration
	// When what was lost has to be back after what happened in the middle; 0: whenever it is, if at all.
	SoundBack, PictureBack, BestBack time.Duration
}

// Beyond says in what a run was worse than it may be.
func (c Case) Beyond(f Figures) (list []string) {
	if ms := int(c.Joined.Milliseconds()); f.Joined > ms {
		list = append(list, fmt.Sprintf("bernd has joined after %d ms, %d at most", f.Joined, ms))
	}
	list = append(list, c.Bernd.beyond("bernd", f.Bernd)...)
	return append(list, c.Anna.beyond("anna", f.Anna)...)
}

func (l Limits) beyond(who string, n Noticed) (list []string) {
	most := func(what string, got, most int) {
		if got > most {
			list = append(list, fmt.Sprintf("%s: %s %d, %d at most", who, what, got, most))
		}
	}
	most("unheard of 1000", n.Unheard, l.Unheard)
	most("silent ms", n.Silent, int(l.Silent.Milliseconds()))
	most("frozen ms", n.Frozen, int(l.Frozen.Milliseconds()))
	most("times joined anew", n.Rejoined, 0)
	back := func(what string, got int, by time.Duration) {
		switch {
		case by == 0:
		case got < 0:
			list = append(list, fmt.Sprintf("%s: %s never", who, what))
		default:
			most(what+" after ms", got, int(by.Milliseconds()))
		}
	}
	back("sound back", n.SoundBack, l.SoundBack)
	back("picture back", n.PictureBack, l.PictureBack)
	back("best picture back", n.BestBack, l.BestBack)
	return list
}
