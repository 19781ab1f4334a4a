// The protocol Belenios, version 1, as far as a voter's browser needs it: reading an election, sealing and signing a
// ballot, opening one instead. It follows the specification that voting/belenios follows, and makes the same ballots
// byte for byte from the same random numbers; a test compares. It never sends or stores anything.
export { type Random, compactHash, fingerprint } from "./bytes";
export { isCredential, publicCredential } from "./credential";
export { type Election, checkTrustees, readElection } from "./election";
export { type Opened, contents, open } from "./open";
export { type Choice, type Question, choose } from "./question";
export { type Reason, Refused } from "./refused";
export { type Envelope, type Progress, seal, sign, tracker } from "./seal";
