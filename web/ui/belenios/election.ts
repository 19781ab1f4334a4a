// An election as it is announced (specification, 4.10): the raw text counts, because its hash names the election.
import { compactHash, fingerprint } from "./bytes";
import { isUUID } from "./credential";
import { edwards } from "./edwards";
import { type Group, type Power, readKey } from "./group";
import { integers } from "./integers";
import { compact, fields, small, text } from "./json";
import { type Question, checkSupported, readQuestions } from "./question";
import { Refused } from "./refused";
import { productOfKeys } from "./trustees";

/** A group whose elements only it looks into. */
export type AnyGroup = Group<any>;

const groups: AnyGroup[] = [edwards, integers];

/** An election, with everything about it checked that a ballot needs. */
export interface Election {
  group: AnyGroup;
  uuid: string;
  hash: string; // as it goes into ballots
  fingerprint: string; // as people compare it
  name: string;
  description: string;
  questions: Question[];
  key: unknown;
  power: Power<any>; // of the key
}

/** Reads an election. */
export function readElection(raw: string): Election {
  compact(raw);
  const f = fields(
    raw,
    ...["version", "description", "name", "group", "public_key", "questions", "uuid"],
    ...["?administrator", "?credential_authority", "?language"],
  );
  const version = small(f.version!);
  if (version < 1) throw new Refused("shape", "version");
  if (version > 1) throw new Refused("unsupported", "version");
  const texts: Record<string, string> = {};
  for (const name of ["description", "name", "group", "public_key", "uuid", "administrator", "credential_authority", "language"])
    if (f[name] !== undefined) texts[name] = text(f[name]);
  if (!isUUID(texts.uuid!)) throw new Refused("shape", "uuid");
  const questions = readQuestions(f.questions!);
  const group = groups.find((g) => g.name === texts.group);
  if (!group) throw new Refused("unsupported", "group");
  checkSupported(questions);
  const key = readKey(group, texts.public_key!);
  return {
    group,
    uuid: texts.uuid!,
    hash: compactHash(raw),
    fingerprint: fingerprint(raw),
    name: texts.name!,
    description: texts.description!,
    questions,
    key,
    power: group.prepare(key),
  };
}

/** Checks that the election's key is what the keys of those who open the ballot box give, and that they know theirs. */
export function checkTrustees(e: Election, raw: string): void {
  if (!e.group.same(productOfKeys(e.group, raw), e.key)) throw new Refused("key");
}
