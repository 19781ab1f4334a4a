// Package belenios is the mathematics of a poll: the voting protocol Belenios, version 1, as its specification (3.1)
// describes it, so that tools that we did not write can recheck every poll.
//
// It knows elections in the groups Ed25519 and BELENIOS-2048, with any number of questions whose ballots are added up
// while they are encrypted (4.9.1), weighted votes of others, and trustees: single ones, whom it takes all, and circles
// of whom some are enough, with the ceremony in which these come to their keys.
//
// Guarantees: what it writes, belenios-tool reads byte for byte, in the dialect of its versions since 2.5.1; what it
// accepts from outside has exactly one form (no leading zero, nothing unreduced, no field moved), every group element
// from outside was shown to lie in the group, and every proof was checked. Whatever an archive contains that it cannot
// check is named and refused with ErrUnsupported, never passed over. Only the sum of all counted ballots is ever
// decrypted. Work with secrets takes the same time whatever they are, also for how a vote was cast; variable time is
// kept to what everybody may know; constant-time.md says why we think so. Bytes from outside never make it panic.
//
// It does not guarantee: that memory once held no secret (what passes through texts and JSON is left to the garbage
// collector); that a vote cannot be shown to others by whoever cast it; secrecy against as many trustees together as it
// takes to open a sum, or against a computer that takes logarithms. A decryption proof of version 1 does not name the
// ciphertext it is about: a trustee can thereby make a sum impossible to open, but not change it.
//
// It never reads a clock, a file or the network, never logs, and takes its randomness from the caller.
//
// Clauses are those of the Belenios specification; where other implementations are laxer than this one, the comment
// says so.
package belenios
