// The key in the link's fragment, what is derived from it, and the questions at the door.
// The key itself stays in this page; the server sees only the value that opens the door.

/** Why somebody does not get in: the sentence that says so. */
export class Refused extends Error {
  constructor(readonly sentence: string) {
    super(sentence);
  }
}

/** What a link gives: the value for the door, the key for the frames, and a member's badge, if it has one. */
export interface Keys {
  door: string;
  frames: ArrayBuffer;
}

/** Who is behind the door, and under which name a member comes in. */
export interface Inside {
  title: string;
  people: string[];
  you: string;
  unsure?: boolean; // whether they are a member cannot be found out now
  locked: boolean;
  check?: string; // lets one try the network, in a room of its own
}

/** What lets somebody in. */
export interface Pass {
  token: string;
  title: string;
  name: string;
  identity: string;
  pass: string;
  badge: Badge;
  note?: string; // a sentence to be said in the call
  keep?: string; // the badge of a member who was asked whether it is them, for this browser to keep
}

export type Badge = "guest" | "member" | "chair";

/** What holds somebody at the door. */
export interface Hold {
  wait: "board" | "knock" | "you";
  ticket: string;
  title: string;
  name: string;
  number?: string; // for whoever is asked in the direct chat whether it is them
}

/** A vote that is open. The ballot is the asker's own, if they have one. */
export interface Vote {
  id: string;
  title?: string;
  ballot?: string;
}

/** How things are around a call. Only those who moderate learn who waits. */
export interface State {
  at?: number; // of two, the one with the higher number is newer
  hands: string[];
  locked: boolean;
  entry: string;
  waiting?: { id: string; name: string }[] | null;
  chair?: boolean;
  votes?: Vote[];
  badges?: Record<string, Badge>; // of those who are something else to the group now than when they came
}

/** The badge that an identity carries: the server made it. What they are now counts, if that is something else. */
export function badgeOf(identity: string, now: Record<string, Badge> = {}): Badge {
  if (now[identity]) return now[identity];
  const [badge] = identity.split(".", 1);
  return badge === "member" || badge === "chair" ? badge : "guest";
}

const kept = `badge ${location.pathname}`;

/**
 * The member's badge of this browser. A personal link has it behind the key; it is kept, where the browser keeps
 * things, and taken out of the address, so that it is not passed on with it.
 */
export function takeBadge(): string {
  const [key, badge] = location.hash.replace(/^#/, "").split(".", 2);
  if (badge) {
    remember(kept, badge);
    history.replaceState(null, "", `${location.pathname}${location.search}#${key}`);
    return badge;
  }
  return recall(kept);
}

/** Keeps a badge for this browser. */
export function keepBadge(badge: string): void {
  remember(kept, badge);
}

/** Forgets the badge of this browser. */
export function dropBadge(): void {
  remember(kept, "");
}

/** Keeps a word for the next time, where the browser lets one. */
export function remember(what: string, value: string): void {
  try {
    if (value) localStorage.setItem(what, value);
    else localStorage.removeItem(what);
  } catch {
    // private windows keep nothing
  }
}

export function recall(what: string): string {
  try {
    return localStorage.getItem(what) ?? "";
  } catch {
    return "";
  }
}

/** Derives both values from the fragment; refuses what is no key of 16 bytes. */
export async function readKeys(fragment: string): Promise<Keys> {
  const bytes = decode(fragment.replace(/^#/, "").split(".", 1)[0] ?? "");
  if (bytes?.length !== 16) throw new Refused("error.link");
  const key = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
  const [door, frames] = await Promise.all([
    derive(key, "stimmbote door v1"),
    derive(key, "stimmbote frames v1"),
  ]);
  return { door: encode(door), frames };
}

const soon = 15_000;

/** Asks whose call this is and who is in. */
export function look(keys: Keys, badge: string): Promise<Inside> {
  return ask("look", { door: keys.door, badge }, AbortSignal.timeout(soon));
}

/** Asks to be let in, under this name or as the member whose badge it is. */
export function knock(keys: Keys, name: string, badge: string): Promise<Pass | Hold> {
  return ask("join", { name, badge, door: keys.door }, AbortSignal.timeout(soon));
}

/** Asks again while waiting at the door. */
export function wait(keys: Keys, ticket: string): Promise<Pass | Hold> {
  return ask("wait", { ticket, door: keys.door }, AbortSignal.timeout(soon));
}

/** Has something done in the call; returns how things are then. */
export function act(keys: Keys, pass: Pass, badge: string, what: string, who = ""): Promise<State> {
  const question = { door: keys.door, identity: pass.identity, pass: pass.pass, badge, do: what, who };
  return ask("act", question, AbortSignal.timeout(soon));
}

async function ask<T>(what: string, question: object, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${location.pathname}/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
      cache: "no-store",
      signal,
    });
  } catch {
    throw new NoWay();
  }
  if (response.ok) return response.json();
  const why: { key?: string } = await response.json().catch(() => ({}));
  throw new Refused(why.key ?? "error.internal");
}

/** There is no way to the server just now. */
export class NoWay extends Error {}

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
