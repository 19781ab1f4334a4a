// The vote as the bot tells it, believed only as far as the link vouches for it.
import { type Election, Refused, checkTrustees, publicCredential, readElection } from "../belenios";
import type { Link } from "./link";

/** What the bot says besides the election. Nothing of it changes what is sealed. */
interface Said {
  id: string;
  election?: string;
  trustees?: string;
  credentials?: string;
  state: string;
  kind: string;
  title: string;
  group: string;
  language: string;
  familiar: boolean;
  level: string;
  final: boolean;
  rehearsal?: boolean;
  ends: string;
  contact: string;
  imprint: string;
  privacy: string;
}

/** A vote that is open, and may be believed. */
export interface Vote extends Said {
  link: Link;
  raw: string; // the election's text
  checked: Election;
}

/** Why there is no ballot to fill in. */
export class NoBallot extends Error {
  constructor(
    readonly why: "offline" | "busy" | "unknown" | "over" | "forged" | "stranger" | "unsupported",
    readonly said?: Said,
  ) {
    super(why);
  }
}

const patience = 20_000; // milliseconds for an answer of the server

/** Fetches the vote, and checks that it is the one that the link names and that the voter is on its list. */
export async function fetchVote(link: Link): Promise<Vote> {
  const said = await ask(link);
  if (said.state !== "open" || said.election === undefined) throw new NoBallot("over", said);
  try {
    return { ...said, link, raw: said.election, checked: check(link, said) };
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    if (problem.reason === "unknown") throw new NoBallot("stranger", said);
    throw new NoBallot(problem.reason === "unsupported" ? "unsupported" : "forged", said);
  }
}

/** Recomputes fingerprint, key and credential. */
function check(link: Link, said: Said): Election {
  const election = readElection(said.election!);
  if (election.fingerprint !== link.fingerprint || election.uuid !== link.uuid) throw new Refused("fingerprint");
  checkTrustees(election, said.trustees ?? "");
  const voter = publicCredential(election.group, election.uuid, link.credential);
  const list: unknown = JSON.parse(said.credentials ?? "[]");
  const found = Array.isArray(list) && list.some((c) => typeof c === "string" && c.split(",")[0] === voter);
  if (!found) throw new Refused("unknown");
  return election;
}

async function ask(link: Link): Promise<Said> {
  let response: Response;
  try {
    response = await fetch(`${link.base}/vote.json`, { cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (response.ok) return await response.json();
  } catch {
    throw new NoBallot("offline");
  }
  throw new NoBallot(response.status === 404 ? "unknown" : response.status === 410 ? "over" : "busy");
}
