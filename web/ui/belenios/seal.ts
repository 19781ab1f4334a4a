// A ballot (specification, 4.11.1, 4.16 and 4.17): what a voter chose, sealed, with proofs that it may be counted.
import { type Random, browserRandom, compactHash } from "./bytes";
import { isCredential, publicCredential, secretOf } from "./credential";
import { type Ciphertext, type Opening, type Proof, prove, values } from "./disjunction";
import type { Election } from "./election";
import { challenge, draw, modulo } from "./group";
import { type Choice, type Question, choose } from "./question";
import { Refused } from "./refused";

/** An envelope: a sealed ballot that is not signed yet. Until then nobody can put it into the ballot box. */
export interface Envelope {
  /** The ballot without its signature. */
  ballot: string;
  /** Its hash, which the signature will be about and which shows that nothing was changed after sealing. */
  hash: string;
  /** What would open it: the random numbers of each answer. Nobody may learn them of a ballot that is cast. */
  randomness: string[][];
}

/** What goes on while sealing: how much of the work is done, from 0 to 1. */
export type Progress = (done: number) => void | Promise<void>;

interface Answer {
  choices: { alpha: string; beta: string }[];
  individual_proofs: Proof[][];
  overall_proof: Proof[];
  blank_proof?: Proof[];
}

/** Seals the choices that were made on each question. */
export async function seal(
  e: Election,
  credential: string,
  choices: Choice[],
  progress: Progress = () => {},
  random: Random = browserRandom,
): Promise<Envelope> {
  if (choices.length !== e.questions.length) throw new Refused("answer");
  if (!isCredential(credential)) throw new Refused("credential");
  const votes = choices.map((choice, i) => choose(e.questions[i]!, choice));
  const voter = publicCredential(e.group, e.uuid, credential);
  const answers: Answer[] = [];
  const randomness: string[][] = [];
  const all = votes.flat().length;
  let done = 0;
  for (const [i, vote] of votes.entries()) {
    const known = vote.map((n) => ({ number: BigInt(n), randomness: 0n }));
    const step = () => progress(++done / all);
    answers.push(await sealAnswer(e, random, e.questions[i]!, `${e.hash}|${voter}`, known, step));
    randomness.push(known.map((o) => o.randomness.toString()));
  }
  const ballot = JSON.stringify({ election_uuid: e.uuid, election_hash: e.hash, credential: voter, answers });
  return { ballot, hash: compactHash(ballot), randomness };
}

/** Signs an envelope with the voter's credential: from then on it can be cast, and its randomness has to be forgotten. */
export function sign(e: Election, credential: string, sealed: Envelope, random: Random = browserRandom): string {
  const { group: g } = e;
  const secret = secretOf(g, e.uuid, credential);
  const w = draw(g.q, random);
  const c = challenge(g, `sig|${sealed.hash}`, [g.power(w)]);
  const proof = { challenge: c.toString(), response: modulo(w - secret * c, g.q).toString() };
  const signature = JSON.stringify({ hash: sealed.hash, proof });
  return `${sealed.ballot.slice(0, -1)},"signature":${signature}}`;
}

/** The tracker of a signed ballot, by which it is found on the board. */
export const tracker = compactHash;

/**
 * Encrypts one number after the other and proves of each that it is 0 or 1, and of all together that they are as the
 * question wants it. Election and credential are in all hashes, so that nobody can use another voter's choice.
 */
async function sealAnswer(
  e: Election,
  random: Random,
  q: Question,
  who: string,
  known: Opening[],
  step: () => void | Promise<void>,
): Promise<Answer> {
  const { group: g } = e;
  const sealed = known.map((o): Ciphertext => {
    o.randomness = draw(g.q, random);
    return { alpha: g.power(o.randomness), beta: g.multiply(e.power(o.randomness), g.power(o.number)) };
  });
  const choices = sealed.map((c) => ({ alpha: g.write(c.alpha), beta: g.write(c.beta) }));
  const individual_proofs: Proof[][] = [];
  for (const [i, c] of choices.entries()) {
    individual_proofs.push(prove(e, random, `prove|${who}|${c.alpha},${c.beta}`, values(known[i]!, 0, 1)));
    await step();
  }
  const whole = `${who}|${choices.map((c) => `${c.alpha},${c.beta}`).join(",")}`;
  const counted = q.blank ? known.slice(1) : known;
  const sum = sumUp(counted, g.q);
  if (!q.blank) {
    const product = multiply(e, sealed);
    const prefix = `prove|${whole}|${g.write(product.alpha)},${g.write(product.beta)}`;
    return { choices, individual_proofs, overall_proof: prove(e, random, prefix, values(sum, q.min, q.max)) };
  }
  const blank = known[0]!;
  const blank_proof = prove(e, random, `bproof0|${whole}`, [...values(blank, 0, 0), ...values(sum, 0, 0)]);
  const overall_proof = prove(e, random, `bproof1|${whole}`, [...values(blank, 1, 1), ...values(sum, q.min, q.max)]);
  return { choices, individual_proofs, overall_proof, blank_proof };
}

function sumUp(known: Opening[], q: bigint): Opening {
  return {
    number: known.reduce((sum, o) => sum + o.number, 0n),
    randomness: known.reduce((sum, o) => (sum + o.randomness) % q, 0n),
  };
}

/** The product of ciphertexts: the encryption of the sum. */
function multiply({ group: g }: Election, all: Ciphertext[]): Ciphertext {
  return all.reduce(
    (product, c) => ({ alpha: g.multiply(product.alpha, c.alpha), beta: g.multiply(product.beta, c.beta) }),
    { alpha: g.one, beta: g.one } as Ciphertext,
  );
}
