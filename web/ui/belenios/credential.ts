// The secret credential of a voter, and what is public of it (specification, 4.8).
import { hash, toHex } from "./bytes";
import type { Group } from "./group";
import { Refused } from "./refused";

const base58 = "[1-9A-HJ-NP-Za-km-z]";
const form = new RegExp(`^${base58}{5}-${base58}{6}-${base58}{5}-${base58}{6}$`);

/** Says whether a text may be a credential: 22 characters in four groups. */
export function isCredential(text: string): boolean {
  return form.test(text);
}

/** An election's name: at least 14 characters of base 58. */
export function isUUID(text: string): boolean {
  return new RegExp(`^${base58}{14,100}$`).test(text);
}

/** The exponent of a credential: 512 bits of two hashes, modulo q. */
export function secretOf<E>(g: Group<E>, uuid: string, credential: string): bigint {
  if (!isUUID(uuid)) throw new Refused("shape");
  if (!isCredential(credential)) throw new Refused("credential");
  const halves = [0, 1].map((i) => toHex(hash(`derive_credential|${uuid}|${i}|${credential}`)));
  return BigInt("0x" + halves.join("")) % g.q;
}

/** What is published in place of a credential; it differs in each election. */
export function publicCredential<E>(g: Group<E>, uuid: string, credential: string): string {
  return g.write(g.power(secretOf(g, uuid, credential)));
}
