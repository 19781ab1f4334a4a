// Package synapse holds the bot's stories against Synapse, the homeserver that most groups are on. It differs from
// Dendrite, on which all the others are told, where it matters to a bot: it limits how many messages, invitations and
// rooms there may be in a time, and groups here are rooms of version 12, whose IDs name no server. Where there is no
// Synapse to be had, the tests say so and hold nothing.
package synapse
