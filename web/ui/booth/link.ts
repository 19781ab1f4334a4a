// The personal link. What stands behind its # stays in this page.
import { isCredential } from "../belenios";

/** What a link says: where the vote is, whose ballot it is, and which election it was announced as. */
export interface Link {
  base: string; // the address of the vote, without a slash at its end
  uuid: string;
  credential: string;
  fingerprint: string;
}

/** Reads the page's address, or gives nothing if the link is not complete. */
export function readLink(at: Location): Link | undefined {
  const [credential = "", fingerprint = "", ...rest] = at.hash.slice(1).split(".");
  const base = rest.length > 0 ? elsewhere(rest.join(".")) : at.origin + at.pathname.replace(/\/$/, "");
  const uuid = /\/v\/([1-9A-HJ-NP-Za-km-z]{14,100})$/.exec(base ?? "")?.[1];
  if (!base || !uuid || !isCredential(credential) || !/^[\w-]{43}$/.test(fingerprint)) return undefined;
  return { base, uuid, credential, fingerprint };
}

/** The address of a bot that another web space carries the page for. */
function elsewhere(written: string): string | undefined {
  try {
    const url = new URL(decodeURIComponent(written));
    return url.protocol === "https:" || url.protocol === "http:" ? url.origin + url.pathname : undefined;
  } catch {
    return undefined;
  }
}
