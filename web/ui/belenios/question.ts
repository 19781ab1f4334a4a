// Questions, and what may be answered to them (specification, 4.9.1).
import { fields, items, small, text } from "./json";
import { Refused } from "./refused";

/** A question asks to choose at least min and at most max of its answers, or, where blank is set, none of them. */
export interface Question {
  text: string;
  answers: string[];
  min: number;
  max: number;
  blank: boolean;
}

/** The answers that a voter chose, counted from 0, or a blank vote. */
export type Choice = number[] | "blank";

/** The vote for a choice: a 0 or 1 for each answer, with one for the blank vote before them where there can be one. */
export function choose(q: Question, choice: Choice): number[] {
  const vote = q.answers.map(() => 0);
  if (choice === "blank") {
    if (!q.blank) throw new Refused("answer");
    return [1, ...vote];
  }
  for (const a of choice) {
    if (vote[a] !== 0) throw new Refused("answer");
    vote[a] = 1;
  }
  if (choice.length < q.min || choice.length > q.max) throw new Refused("answer");
  return q.blank ? [0, ...vote] : vote;
}

/** Reads the questions of an election. All of them must be well-formed before any of them is called unsupported. */
export function readQuestions(raw: string): Question[] {
  const all = items(raw).map(readQuestion);
  if (all.length === 0) throw new Refused("shape", "no question");
  return all;
}

/** Refuses questions on which no ballots can be made here; of other kinds than ours nothing but that is read. */
export function checkSupported(questions: Question[]): void {
  for (const q of questions) if (q.max > q.answers.length) throw new Refused("unsupported");
}

function readQuestion(raw: string): Question {
  if (isNested(raw)) return { text: "", answers: [], min: 0, max: 1, blank: false };
  const f = fields(raw, "answers", "?blank", "min", "max", "question");
  const q = {
    answers: items(f.answers!).map(text),
    text: text(f.question!),
    min: small(f.min!),
    max: small(f.max!),
    blank: f.blank === "true",
  };
  if (q.answers.length === 0 || q.min > q.max || q.min > q.answers.length) throw new Refused("shape");
  if (!["true", "false", undefined].includes(f.blank)) throw new Refused("shape");
  return q;
}

/** The two other types of question, 4.9.2 and 4.9.3. */
function isNested(raw: string): boolean {
  return /^\{"type":"(NonHomomorphic|Lists)","value":\{/.test(raw);
}
