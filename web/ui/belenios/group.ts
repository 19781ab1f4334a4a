// What both groups have in common: a group of prime order q, written multiplicatively (specification, 5).
import { type Random, hash, toNumber } from "./bytes";
import { Refused } from "./refused";

/** A base that is raised to many powers. */
export type Power<E> = (x: bigint) => E;

/** A group whose elements are of type E, which nothing outside of it looks into. */
export interface Group<E> {
  readonly name: string;
  readonly q: bigint;
  readonly one: E;
  /** Raises the generator; x is from 0 to q−1. */
  readonly power: Power<E>;
  /** Accepts the one canonical form of a member of the group. */
  read(text: string): E;
  write(a: E): string;
  multiply(a: E, b: E): E;
  same(a: E, b: E): boolean;
  /** Prepares a base for many powers. */
  prepare(a: E): Power<E>;
}

/** x modulo q, not negative. */
export function modulo(x: bigint, q: bigint): bigint {
  const rest = x % q;
  return rest < 0n ? rest + q : rest;
}

/** Draws a number below q; 512 bits leave no bias that could be seen. */
export function draw(q: bigint, random: Random): bigint {
  return toNumber(random(64)) % q;
}

/** The hash over a text and commitments, as a number below q. */
export function challenge<E>(g: Group<E>, prefix: string, commitments: E[]): bigint {
  return toNumber(hash(`${prefix}|${commitments.map((c) => g.write(c)).join(",")}`)) % g.q;
}

/** Reads a natural number below a limit in its one form: no sign, no leading zero. */
export function readNatural(text: string, limit: bigint): bigint {
  if (!/^(0|[1-9][0-9]*)$/.test(text)) throw new Refused("canonical");
  if (text.length > limit.toString().length) throw new Refused("reduced");
  const n = BigInt(text);
  if (n >= limit) throw new Refused("reduced");
  return n;
}

/** A public key: a member of the group with which something is secret. */
export function readKey<E>(g: Group<E>, written: string): E {
  const key = g.read(written);
  if (g.same(key, g.one)) throw new Refused("identity");
  return key;
}
