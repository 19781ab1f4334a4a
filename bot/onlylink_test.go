package bot

import (
	"strings"
	"testing"
	"time"
)

// Where the link is the only way to vote, nothing that the bot says asks for an answer in the chat, whatever is open beside.
func TestNothingInvitesWhereOnlyTheLinkCounts(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("First?")
	w.opened("Second? --sealed --for 15m")
	w.tells("anna", "A 1")
	w.expect(`⏳ Your vote is still missing here, by the link in the ballot please: Second\?$`, "anna")
	w.tells("anna", "1")
	w.expect(`^Several votes are open now\. Which .*\nA 1 …: First\? .*\nBy the link in the ballot: Second\?$`, "anna")
	w.now = w.now.Add(13 * time.Minute)
	w.settle()
	w.expect(`^⏳ Your vote is still missing, .*: Second\?\nPlease vote by the link in the ballot: there are no answers here`, "anna")
	w.tells("anna", "resend")
	w.says("chair", "!cancel A")
	w.new()
	w.tells("anna", "A 1")
	w.expect(`^⚠️ Not counted\. Vote A is over: First\?\nStill open:\nBy the link in the ballot: Second\?$`, "anna")
	w.replies("anna", "1", kindReceipt, "First?")
	w.expect(`(?s)^⚠️ In this vote there are no answers here.*http`, "anna")
	w.opened("Third? --sealed")
	w.tells("anna", "1")
	w.expect(`^Several votes are open now\. There are no answers here in the chat to any of them\.\nBy the link in the ballot: Second\?\nBy the link in the ballot: Third\?$`, "anna")
	for _, s := range w.sent {
		if s.to() == "anna" && (strings.Contains(s.Plain, "B 1") || strings.Contains(s.Plain, "C 1")) {
			t.Errorf("she is asked for an answer: %q", s.Plain)
		}
	}
}
