// JSON in the one form that the specification allows: compact, fields in their order, none missing, none added.
// Elections are hashed as they are written, so what is read has to be what everybody else reads.
import { Refused } from "./refused";

/** Checks that a text is JSON without any space but inside of strings. */
export function compact(raw: string): void {
  try {
    JSON.parse(raw);
  } catch {
    throw new Refused("shape", "not JSON");
  }
  if (/[\t\n\r ]/.test(raw.replace(/"(?:[^"\\]|\\.)*"/g, ""))) throw new Refused("canonical", "not compact");
}

/** Splits compact JSON into exactly these fields in this order. A question mark before a name allows it to be missing. */
export function fields(raw: string, ...names: string[]): Record<string, string> {
  if (raw[0] !== "{") throw new Refused("shape", "no object");
  const found: Record<string, string> = {};
  let at = 1;
  let comma = "";
  for (const wanted of names) {
    const name = wanted.replace(/^\?/, "");
    const key = `${comma}"${name}":`;
    if (!raw.startsWith(key, at)) {
      if (name !== wanted) continue;
      throw new Refused("shape", `field ${name} is not at its place`);
    }
    at += key.length;
    const end = valueEnd(raw, at);
    found[name] = raw.slice(at, end);
    at = end;
    comma = ",";
  }
  if (raw.slice(at) !== "}") throw new Refused("shape", "superfluous field");
  return found;
}

/** Splits a list of compact JSON. */
export function items(raw: string): string[] {
  if (raw[0] !== "[") throw new Refused("shape", "no list");
  const all: string[] = [];
  for (let at = 1; raw[at] !== "]"; ) {
    const end = valueEnd(raw, at);
    all.push(raw.slice(at, end));
    at = raw[end] === "," ? end + 1 : end;
  }
  return all;
}

/** Where the value that begins here ends. The text is known to be JSON. */
function valueEnd(raw: string, from: number): number {
  let depth = 0;
  for (let at = from; at < raw.length; at++) {
    const c = raw[at]!;
    if (c === '"') {
      for (at++; raw[at] !== '"'; at++) if (raw[at] === "\\") at++;
    } else if (c === "{" || c === "[") {
      depth++;
    } else if (depth === 0 && (c === "," || c === "}" || c === "]")) {
      return at;
    } else if (c === "}" || c === "]") {
      depth--;
    }
  }
  return raw.length;
}

/** A JSON string. */
export function text(raw: string): string {
  if (raw[0] !== '"') throw new Refused("shape", "no text");
  return JSON.parse(raw);
}

/** A small natural number in its one form. */
export function small(raw: string): number {
  if (!/^(0|[1-9][0-9]{0,9})$/.test(raw) || Number(raw) >= 2 ** 30) throw new Refused("shape", "no small number");
  return Number(raw);
}
