package bot

import (
	"regexp"
	"testing"
)

// The vote that was opened while the group is in its call comes first of several; a bare number
// still counts for none.
func TestAVoteInACallComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.opened("First?")
	w.bot.CallChanged(w.callRoom(), persons("Anna", "Bernd", "Clara"))
	w.opened("Second?")
	w.tells("anna", "1")
	w.expect(`(?s)^Several votes are open now.*\nB 1 …: Second\? .*\nA 1 …: First\? `, "anna")
	w.tells("anna", "B 1")
	w.tells("anna", "resend")
	second, first := -1, -1
	for i, s := range w.new() {
		switch {
		case s.Kind != kindBallot:
		case regexp.MustCompile(`Second\?`).MatchString(s.Plain):
			second = i
		default:
			first = i
		}
	}
	if second < 0 || first < second {
		t.Errorf("the ballots come as %d, %d", second, first)
	}
	id := string(w.poll().ID)
	w.says("chair", "!cancel B")
	if value, err := w.store.Setting(t.Context(), id, settingInCall); err != nil || value != "" {
		t.Errorf("after its end %q is noted, %v", value, err)
	}
}
