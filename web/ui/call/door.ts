// The key in the link's fragment, what is derived from it, and the questions at the door.
// The key itself stays in this page; the server sees only the value that opens the door.

/** Why somebody does not get in: the sentence that says so. */
export class Refused extends Error {
  constructor(readonly sentence: string) {
    super(sentence);
  }
}

/** What a link's key gives: the value for the door and the key for the frames. */
export interface Keys {
  door: string;
  frames: ArrayBuffer;
}

/** Who is behind the door. */
export interface Inside {
  title: string;
  people: string[];
}

/** Derives both values from the fragment; refuses what is no key of 16 bytes. */
export async function readKeys(fragment: string): Promise<Keys> {
  const bytes = decode(fragment.replace(/^#/, ""));
  if (bytes?.length !== 16) throw new Refused("error.link");
  const key = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const [door, frames] = await Promise.all([
    derive(key, "stimmbote door v1"),
    derive(key, "stimmbote frames v1"),
  ]);
  return { door: encode(door), frames };
}

/** Asks whose call this is and who is in. */
export function look(keys: Keys): Promise<Inside> {
  return ask("look", { door: keys.door }, AbortSignal.timeout(15_000));
}

/** Asks for a token, under this name. */
export function knock(keys: Keys, name: string, signal: AbortSignal): Promise<{ token: string; title: string }> {
  return ask("join", { name, door: keys.door }, signal);
}

async function ask<T>(what: string, question: object, signal: AbortSignal): Promise<T> {
  const response = await fetch(`${location.pathname}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(question),
    cache: "no-store",
    signal,
  });
  if (response.status === 403) throw new Refused("error.link");
  if (!response.ok) throw new Refused("error.internal");
  return response.json();
}

function derive(key: CryptoKey, info: string): Promise<ArrayBuffer> {
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: new TextEncoder().encode(info) };
  return crypto.subtle.deriveBits(how, key, 256);
}

function decode(base64url: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9_-]{22}$/.test(base64url)) return undefined;
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

function encode(bytes: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
