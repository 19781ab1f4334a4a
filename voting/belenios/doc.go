// Package belenios is the mathematics of a poll: the voting protocol Belenios, version 1, as its specification (3.1)
// describes it, so that tools that we did not write can recheck every poll.
//
// It knows elections in the groups Ed25519 and BELENIOS-2048, with any number of questions whose ballots are added up
// while they are encrypted (4.9.1), and trustees who each hold a key of their own.
//
// Guarantees: what it writes, belenios-tool reads byte for byte; what it accepts from outside has exactly one form
// (no leading zero, nothing unreduced, no field moved), every group element from outside was shown to lie in the
// group, and every proof was checked. Whatever an archive contains that it cannot check is named and refused with
// ErrUnsupported, never passed over. Only the sum of all counted ballots is ever decrypted. Work with secrets takes
// the same time whatever they are; bytes from outside never make it panic.
//
// It never reads a clock, a file or the network, never logs, and takes its randomness from the caller.
//
// Clauses are those of the Belenios specification; where other implementations are laxer than this one, the comment
// says so.
package belenios
