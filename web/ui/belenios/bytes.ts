// Hashes and encodings of the specification, 4.1 to 4.3.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export { bytesToHex as toHex } from "@noble/hashes/utils.js";

/** A source of random bytes. */
export type Random = (n: number) => Uint8Array;

/** The browser's own source. */
export const browserRandom: Random = (n) => crypto.getRandomValues(new Uint8Array(n));

/** SHA-256 of a text in UTF-8, or of bytes. */
export function hash(of: string | Uint8Array): Uint8Array {
  return sha256(typeof of === "string" ? utf8ToBytes(of) : of);
}

/** The hash in base64 without padding: how elections, ballots and trackers are named. */
export function compactHash(of: string | Uint8Array): string {
  return base64(hash(of));
}

/** The hash in base64url without padding: an election's fingerprint. */
export function fingerprint(of: string | Uint8Array): string {
  return base64(hash(of)).replaceAll("+", "-").replaceAll("/", "_");
}

/** A big-endian number. */
export function toNumber(bytes: Uint8Array): bigint {
  return BigInt("0x" + bytesToHex(bytes));
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("=", "");
}
