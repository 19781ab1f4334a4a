// Package world makes a throwaway world around the real program: a homeserver
// on loopback, the bot as a process of its own, an encrypted group, and people
// who are real encrypting Matrix clients.
//
// It guarantees that everything listens on 127.0.0.1 only, that everything it
// writes lies in one temporary folder, and that Close stops what it started and
// removes that folder. Who reads along reads what the person's own client could
// decrypt, nothing else. It never looks into the bot: what it knows of it comes
// over Matrix, over HTTP, or from its exit status and its log.
package world
