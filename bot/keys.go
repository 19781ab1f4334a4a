package bot

import (
	"context"
	"encoding/json"
	"strconv"

	"stimmbote/chat"
	"stimmbote/voting"
)

// Kinds of deliveries. Each has its composer in compose.go.
const (
	kindSay         = "say"
	kindShow        = "show"
	kindMissing     = "poll.missing"
	kindDraft       = "poll.draft"
	kindRollLines   = "poll.roll.lines"
	kindRoll        = "poll.roll"
	kindAnchors     = "poll.anchors"
	kindOpened      = "poll.opened"
	kindCount       = "poll.count"
	kindBallot      = "ballot"
	kindNative      = "ballot.native"
	kindHint        = "ballot.hint"
	kindWhich       = "ballot.which"
	kindConfirm     = "ballot.confirm"
	kindReceipt     = "receipt"
	kindTest        = "ballot.test"
	kindTestOpened  = "ballot.test.opened"
	kindTestFile    = "ballot.test.file"
	kindLast        = "poll.last"
	kindRemind      = "ballot.remind"
	kindExtended    = "poll.extended"
	kindRestart     = "poll.restart"
	kindClosed      = "poll.closed"
	kindResult      = "poll.result"
	kindFile        = "poll.file"
	kindArchive     = "poll.archive"
	kindOutcome     = "outcome"
	kindRedact      = "redact"
	kindCard        = "call.card"
	kindOlder       = "call.older"
	kindCardOver    = "call.over"
	kindTellers     = "tellers"
	kindAsked       = "tellers.asked"
	kindElection    = "tellers.election"
	kindBallotsFile = "tellers.ballots"
	kindOwnShare    = "tellers.own-share"
	kindVoid        = "tellers.void"
	kindNote        = "note" // says nothing: its key is remembered as long as its group

	kindGreeting  = "greeting"
	kindMeeting   = "meeting"
	kindProbe     = "probe"
	kindProbeCard = "probe.card"
	kindProbeList = "probe.list"
)

// about is the payload of what is said about a poll.
type about struct {
	Poll   voting.ID `json:"poll"`
	N      int       `json:"n,omitempty"`
	Sealed []byte    `json:"sealed,omitempty"` // what only the person may read, under the poll's key
}

// key is the key of a delivery about a poll. It names the poll and what is said, so that the
// same thing is never queued twice.
func key(id voting.ID, what string) string { return "poll/" + string(id) + "/" + what }

// ballotKey is the key of a member's ballot.
func ballotKey(id voting.ID, m voting.Member) string { return key(id, "ballot/"+string(m)) }

// receiptKey is the key of the n-th receipt of a member, counted from 1.
func receiptKey(id voting.ID, m voting.Member, n int) string {
	return key(id, "receipt/"+string(m)+"/"+strconv.Itoa(n))
}

// inGroup is a delivery about a poll to the group that it is held in.
func inGroup(p *voting.Poll, what, kind string) chat.Delivery {
	return chat.Delivery{
		Key: key(p.ID, what), Group: string(p.ID), Room: string(p.Place),
		Kind: kind, Payload: encode(about{Poll: p.ID}),
	}
}

// lasting is a delivery about a poll to its group that the check of the vote rests on: it is said
// even if the bot cannot speak in the group for long.
func lasting(p *voting.Poll, what, kind string) chat.Delivery {
	d := inGroup(p, what, kind)
	d.Lasting = true
	return d
}

// later is a lasting delivery that replies to what the group was told at the opening.
func later(p *voting.Poll, what, kind string) chat.Delivery {
	d := lasting(p, what, kind)
	d.ReplyTo = key(p.ID, "anchors")
	return d
}

// inDirect is a delivery about a poll to one member.
func inDirect(p *voting.Poll, m voting.Member, key, kind string) chat.Delivery {
	return chat.Delivery{
		Key: key, Group: string(p.ID), Person: string(m),
		Kind: kind, Payload: encode(about{Poll: p.ID}),
	}
}

// ballot is the delivery of a member's ballot.
func ballot(p *voting.Poll, m voting.Member) chat.Delivery {
	d := inDirect(p, m, ballotKey(p.ID, m), kindBallot)
	d.Secret, d.Lane = true, chat.Ballot
	return d
}

// takenBack is the order to remove something that was said to a member.
func takenBack(m voting.Member, event string) chat.Delivery {
	return chat.Delivery{Key: "redact/" + event, Person: string(m), Kind: kindRedact, Lane: chat.Redaction, Redacts: event}
}

// next returns the number of the first receipt that the member has not got yet.
func (b *Bot) next(ctx context.Context, id voting.ID, m voting.Member) (int, error) {
	for n := 1; ; n++ {
		if _, known, err := b.Line.Event(ctx, receiptKey(id, m, n)); err != nil || !known {
			return n, err
		}
	}
}

// encode writes a payload. All of them are our own types.
func encode(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return data
}
