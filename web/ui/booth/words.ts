// Check words and code of a ballot, from its tracker: what the bot says in the direct chat as well.

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

/** The 33 bits that follow, in three words. */
export function words(tracker: string, language: string): string {
  const list = WORDS[language]!.trim().split(/\s+/);
  return [0n, 1n, 2n].map((i) => list[Number(bits(tracker, codeBits + i * wordBits, wordBits))]).join(" ");
}
