// Why something is refused. The reasons have the names of those in Go, so that both can be compared.

/** What is wrong with an election, a credential or a vote. */
export type Reason =
  | "shape" // not JSON of the form that the specification wants
  | "canonical" // not in its one form
  | "reduced" // a number beyond its limit
  | "group" // not a member of the group
  | "identity" // a key with which nothing is secret
  | "unsupported" // sound, but not of a kind that is known here
  | "possession" // a trustee who does not show that they know their key
  | "key" // the election's key is not what the trustees' keys give
  | "fingerprint" // another election than the link names
  | "credential" // not of the form of a credential: there is a typing error
  | "unknown" // a credential that does not vote in this election
  | "answer"; // a vote that the question does not allow

/** A refusal with its reason. */
export class Refused extends Error {
  constructor(readonly reason: Reason, detail = "") {
    super(detail ? `${reason}: ${detail}` : reason);
  }
}
