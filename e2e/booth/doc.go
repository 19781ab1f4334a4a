// Package booth has the tests of what seals ballots in the voter's browser: the mathematics, compared with voting/belenios
// and with belenios-tool, and the ballot page itself, in real browsers.
package booth
