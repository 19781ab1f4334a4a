// Package stimmbote is the map of the program; it holds nothing but the example configuration.
//
// Stimmbote is a Matrix bot for small groups: !vote opens an encrypted, verifiable vote, !call
// opens a meeting behind a link that is always the same. The folders are the architecture:
//
//	cmd/stimmbote     the program: reads the configuration, joins the parts, stops them in order
//	cmd/verify        the recheck of a vote alone, for any computer
//	chat              the line to Matrix: encryption, at-least-once sync, delivery, one DM per person
//	bot               what is said: the commands, the flow of a vote, the card of a call
//	bot/answer        what people type as the answer to a ballot: understood, never guessed
//	voting            polls as people know them: states, verdicts
//	voting/registrar  who may vote and who was given which token
//	voting/box        credentials and ballots; never meets the registrar
//	voting/belenios   the mathematics and the archive format, pure
//	voting/verify     the command that rechecks a vote from its archive
//	voting/parley     what the bot and the tellers' machines tell each other
//	keyholder         a teller's machine: a key of each vote, and when to give what
//	keyholder/policy  when a teller's machine gives its key, and its part of the decryption
//	media             call rooms: an SFU that speaks LiveKit's client protocol
//	media/signal      that protocol on a WebSocket
//	media/forward     packets from one publisher to many subscribers
//	media/relay       TURN that leads to the call server and to nothing else
//	media/front       one port with TLS for the pages and the relay
//	media/bounded     TCP connections of strangers, which must not cost much
//	web               pages and their address space; web/ui holds their sources
//	store             SQLite and the key files
//	i18n              every sentence that a person reads
//	e2e               a throwaway world: real homeserver, real program, real people, real browser
//	e2e/nets          networks as they are, in namespaces: lossy, narrow, forbidding, changing
//	bench             figures of ours beside other people's tools
//	release           what is built for those who run it: make release
//	tools             pinned formatter and linter
//
// Imports run one way; boundaries_test.go says which.
package stimmbote

import _ "embed"

// ExampleConfig is config.example.yaml: every option, its default and why one would change it.
//
//go:embed config.example.yaml
var ExampleConfig []byte
