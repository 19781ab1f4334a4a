package scene

import (
	"slices"
	"testing"
)

// A run that is at its limits is good, and every figure beyond one is named.
func TestBeyondLimits(t *testing.T) {
	most := Limits{Unheard: 10, Silent: 20 * ms, Frozen: 30 * ms, SoundBack: 40 * ms, PictureBack: 50 * ms, BestBack: 60 * ms}
	c := Case{Joined: 1000 * ms, Bernd: most, Anna: Limits{}}
	at := Noticed{Unheard: 10, Silent: 20, Frozen: 30, SoundBack: 40, PictureBack: 50, BestBack: 60}
	if got := c.Beyond(Figures{Joined: 1000, Bernd: at, Anna: Noticed{BestBack: -1}}); len(got) != 0 {
		t.Errorf("at its limits a run is blamed for %q", got)
	}
	got := c.Beyond(Figures{
		Joined: 1001, Anna: Noticed{Silent: 60},
		Bernd: Noticed{Unheard: 11, Silent: 21, Frozen: 31, SoundBack: 41, PictureBack: -1, BestBack: 61, Rejoined: 1},
	})
	want := []string{
		"bernd has joined after 1001 ms, 1000 at most",
		"bernd: unheard of 1000 11, 10 at most", "bernd: silent ms 21, 20 at most", "bernd: frozen ms 31, 30 at most",
		"bernd: times joined anew 1, 0 at most", "bernd: sound back after ms 41, 40 at most", "bernd: picture back never",
		"bernd: best picture back after ms 61, 60 at most", "anna: silent ms 60, 0 at most",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// No case is without limits, and what has to be back is looked for where something happens.
func TestCasesHaveLimits(t *testing.T) {
	for _, c := range Cases() {
		for _, l := range []Limits{c.Bernd, c.Anna} {
			if c.Joined == 0 || l.Unheard == 0 || l.Silent == 0 || l.Frozen == 0 {
				t.Errorf("%s has no limits", c.Name)
			}
			if l.SoundBack+l.PictureBack+l.BestBack > 0 && c.Then == nil || max(l.SoundBack, l.PictureBack, l.BestBack) > c.After {
				t.Errorf("%s: nothing comes back in %v", c.Name, c.After)
			}
			if c.Then != nil && l.SoundBack == 0 {
				t.Errorf("%s: nobody looks whether sound comes back", c.Name)
			}
		}
	}
}
