// What the tests call in a real browser. It is part of no page.
import * as belenios from ".";
import { type Random, hash } from "./bytes";

/** Runs something and gives what it gives, or the reason why it was refused. */
function trying<T>(what: () => T): T | { refused: belenios.Reason } {
  try {
    return what();
  } catch (problem) {
    if (problem instanceof belenios.Refused) return { refused: problem.reason };
    throw problem;
  }
}

/** Random numbers that the tests in Go have as well: hashes of a text and a count. */
function stream(seed: string): Random {
  let count = 0;
  return (n) => {
    const bytes = new Uint8Array(n);
    for (let at = 0; at < n; at += 32) bytes.set(hash(`${seed}|${count++}`), at);
    return bytes;
  };
}

Object.assign(globalThis, {
  belenios: {
    ...belenios,
    read: (raw: string) =>
      trying(() => {
        const { uuid, hash, fingerprint, name, questions } = belenios.readElection(raw);
        return { uuid, hash, fingerprint, name, questions };
      }),
    trust: (election: string, trustees: string) =>
      trying(() => belenios.checkTrustees(belenios.readElection(election), trustees) ?? "right"),
    voter: (election: string, credential: string) =>
      trying(() => {
        const e = belenios.readElection(election);
        return belenios.publicCredential(e.group, e.uuid, credential);
      }),
    cast: async (election: string, credential: string, choices: belenios.Choice[], seed?: string) => {
      const e = belenios.readElection(election);
      const random = seed === undefined ? undefined : stream(seed);
      const envelope = await belenios.seal(e, credential, choices, undefined, random);
      const ballot = belenios.sign(e, credential, envelope, random);
      return { ballot, tracker: belenios.tracker(ballot), contents: belenios.contents(e, belenios.open(e, envelope)) };
    },
  },
});
