// Check words and code of a ballot, from its tracker: what the bot says in the direct chat as well. And the words of an
// election, from its fingerprint: what the tellers' machines say in the group.

declare const WORDS: Record<string, string>;

const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const codeBits = 80n;
const wordBits = 11n;

/** Bits of a tracker, which is 256 of them in base64. */
function bits(tracker: string, from: bigint, count: bigint): bigint {
  let number = 0n;
  for (const c of atob(tracker)) number = (number << 8n) | BigInt(c.charCodeAt(0));
  return (number >> (256n - from - count)) & ((1n << count) - 1n);
}

/** The first 80 bits, in four groups of four letters and digits. */
export function code(tracker: string): string {
  let all = "";
  for (let at = 0n; at < codeBits; at += 5n) all += base32[Number(bits(tracker, at, 5n))];
  return all.replace(/.{4}(?=.)/g, "$&-");
}

/** 33 bits of a tracker, in three words. */
function three(tracker: string, from: bigint, language: string): string[] {
  const list = (WORDS[language] ?? WORDS["en"]!).trim().split(/\s+/);
  return [0n, 1n, 2n].map((i) => list[Number(bits(tracker, from + i * wordBits, wordBits))]!);
}

/** The 33 bits that follow the code, in three words, written as in the direct chat. */
export function words(tracker: string, language: string): string {
  return three(tracker, codeBits, language).join("-");
}

/** The first 33 bits of each of the first two quarters of a fingerprint, in six words. */
export function named(fingerprint: string, language: string): string {
  const hash = fingerprint.replaceAll("-", "+").replaceAll("_", "/");
  return [...three(hash, 0n, language), ...three(hash, 64n, language)].join("-");
}
