// The proof that at least one of several statements about ciphertexts is true (specification, 4.12 and 4.13).
import type { Random } from "./bytes";
import type { Election } from "./election";
import { challenge, draw, modulo } from "./group";

/** The encryption (g^r, y^r·g^m) of a number m. */
export interface Ciphertext {
  alpha: unknown;
  beta: unknown;
}

/** What whoever made a ciphertext knows of it. */
export interface Opening {
  number: bigint;
  randomness: bigint;
}

/** The claim that a ciphertext contains this value. */
export interface Branch {
  known: Opening;
  value: number;
}

/** A proof as ballots have it; the order of its fields counts. */
export interface Proof {
  challenge: string;
  response: string;
}

/** Claims each number from least to most. */
export function values(known: Opening, least: number, most: number): Branch[] {
  return Array.from({ length: most - least + 1 }, (_, i) => ({ known, value: least + i }));
}

/**
 * Proves that one of the branches is true, with the same work whichever it is. For all of them it draws a challenge c
 * and the exponent e of the commitments g^e and y^e·g^(d·c), where d is how far the number is from the claimed one.
 * With c and the response e − r·c the commitments come out of the verifier's equations. In the true branch d is 0, so
 * that c may still become what the hash demands.
 */
export function prove(e: Election, random: Random, prefix: string, branches: Branch[]): Proof[] {
  const { group: g, power } = e;
  const commitments: unknown[] = [];
  let sum = 0n;
  let missing = -1; // the first branch that is true
  const drawn = branches.map(({ known, value }, j) => {
    const c = draw(g.q, random);
    const exponent = draw(g.q, random);
    const off = modulo(known.number - BigInt(value), g.q);
    if (off === 0n && missing < 0) missing = j;
    commitments.push(g.power(exponent), g.multiply(power(exponent), g.power((off * c) % g.q)));
    sum += c;
    return { c, exponent };
  });
  if (missing < 0) throw new Error("none of the branches is true");
  const wanted = challenge(g, prefix, commitments) - sum;
  return branches.map(({ known }, j) => {
    const { c, exponent } = drawn[j]!;
    const answered = modulo(j === missing ? c + wanted : c, g.q);
    return {
      challenge: answered.toString(),
      response: modulo(exponent - known.randomness * answered, g.q).toString(),
    };
  });
}
