// What an opened envelope contained. Whoever has the election can say it, on any other computer.
import type { Election } from "./election";
import { readNatural } from "./group";
import { Refused } from "./refused";
import type { Envelope } from "./seal";

/** An envelope that was opened, as it is handed to whoever checks it. */
export interface Opened {
  fingerprint: string;
  ballot: string;
  randomness: string[][];
}

/** The opened form of an envelope, which must never be signed from then on. */
export function open(e: Election, sealed: Envelope): Opened {
  return { fingerprint: e.fingerprint, ballot: sealed.ballot, randomness: sealed.randomness };
}

/** Recomputes the choices and says what was in them: a 0 or 1 for each. */
export function contents(e: Election, opened: Opened): number[][] {
  const { group: g } = e;
  const said: { election_hash: string; answers: { choices: { alpha: string; beta: string }[] }[] } = JSON.parse(opened.ballot);
  if (said.election_hash !== e.hash || opened.fingerprint !== e.fingerprint) throw new Refused("fingerprint");
  return said.answers.map(({ choices }, i) =>
    choices.map((choice, k) => {
      const r = readNatural(opened.randomness[i]?.[k] ?? "", g.q);
      const shared = e.power(r);
      const found = [0, 1].filter((m) => g.write(g.multiply(shared, g.power(BigInt(m)))) === choice.beta);
      if (g.write(g.power(r)) !== choice.alpha || found.length !== 1) throw new Refused("answer");
      return found[0]!;
    }),
  );
}
