package chat

// NoticeKind says what happened.
type NoticeKind int

// What may happen without being said.
const (
	Joined     NoticeKind = iota + 1 // the bot is in a group now; Person invited it
	Moved                            // a group was replaced by the room To, which the bot is in
	Left                             // the bot is in a group no longer: removed, or the room is gone
	Refused                          // Person invited the bot into a room that it does not enter
	Unreadable                       // what Person wrote could not be decrypted for a minute; ID is the event
	NewDevice                        // Person has a signed device that the last secret was not encrypted for
	Met                              // Person joined the lasting direct room
	Limited                          // the homeserver limits how often the bot may send; To is what lifts that
	Calling                          // Person is in the app's own call of the room
	SentOut                          // somebody else removed Person from a group
)

// Notice is something that happened without being said.
type Notice struct {
	Kind   NoticeKind
	ID     string // the same whenever this is noticed again
	Room   string
	Person string
	To     string
}
