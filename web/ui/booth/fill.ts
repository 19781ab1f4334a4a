// Filling the ballot in: one question a screen.
import { type Choice, type Question } from "../belenios";
import { origin } from "../sheet/origin";
import { deeds, icon, make, showUnder, title, typed } from "../sheet/page";
import { clock, known, text } from "../sheet/texts";
import type { Vote } from "./vote";
import { named } from "./words";

/** Who could learn what is chosen here, and from where the page came that it rests on. */
export function label(vote: Vote): (HTMLElement | false)[] {
  const key = `poll.label.${vote.rehearsal ? "rehearsal" : vote.level}`;
  const sentence = text(known(key) ? key : "booth.label.unknown").replaceAll("**", "");
  return [make("p", { class: "label" }, icon("lock"), make("span", {}, sentence)), origin()];
}

/** What the tellers' machines call this vote in the group, if they hold keys of it. */
function called(vote: Vote): HTMLElement | false {
  if (vote.level !== "shared" && vote.level !== "secret") return false;
  return make("p", { class: "soft" }, text("booth.called"), " ", make("b", { id: "called" }, named(vote.checked.fingerprint, vote.language)));
}

/** Asks one question after the other, from the given one on, and hands the choices over. */
export function fill(vote: Vote, made: (Choice | undefined)[], at: number, ready: (all: Choice[]) => void): void {
  const questions = vote.checked.questions;
  const q = questions[at]!;
  const choose = (choice: Choice) => {
    made[at] = choice;
    if (at + 1 < questions.length && made[at + 1] === undefined) return fill(vote, made, at + 1, ready);
    const open = questions.findIndex((_, i) => made[i] === undefined);
    if (open >= 0) return fill(vote, made, open, ready);
    ready(made as Choice[]);
  };
  const single = vote.kind !== "singly" && questions.length === 1;
  const ends = new Date(vote.ends);
  const step = ` · ${text("booth.step", { n: at + 1, of: questions.length })}`;
  showUnder(
    !single && make("p", { class: "step" }, typed(vote.title), step),
    title(typed(q.text)),
    ...label(vote),
    at === 0 && called(vote),
    ...(q.min === 1 && q.max === 1 ? oneOf(q, made[at], choose) : someOf(q, made[at], choose)),
    invalid(questions, () => ready(questions.map(() => "blank"))),
    at > 0 && make("button", { type: "button", class: "quiet", click: () => fill(vote, made, at - 1, ready) }, text("booth.back")),
    !Number.isNaN(ends.getTime()) && make("p", { class: "soft" }, text("booth.until", { time: clock(ends) })),
  );
}

/** One answer: a tap on it is the choice. */
function oneOf(q: Question, before: Choice | undefined, choose: (choice: Choice) => void): HTMLElement[] {
  const buttons = q.answers.map((answer, k) => {
    const current = Array.isArray(before) && before.includes(k);
    const mark = current && make("span", { class: "before" }, text("booth.before"));
    return make("button", { type: "button", class: "option", current, click: () => choose([k]) }, typed(answer), mark);
  });
  return [make("p", {}, text("booth.how.tap")), make("div", { class: "options" }, ...buttons)];
}

/** Several answers: marks, and a button when all are made. */
function someOf(q: Question, before: Choice | undefined, choose: (choice: Choice) => void): HTMLElement[] {
  const boxes: HTMLInputElement[] = [];
  const count = make("p", { class: "count", role: "status" });
  const complaint = make("p", { class: "error", role: "alert", hidden: true });
  const marked = () => boxes.flatMap((box, k) => (box.checked ? [k] : []));
  const say = (what: string) => {
    complaint.textContent = what;
    complaint.hidden = what === "";
    count.textContent = text("booth.count", { n: marked().length, most: q.max });
  };
  const rows = q.answers.map((answer, k) => {
    const box = make("input", { type: "checkbox", checked: Array.isArray(before) && before.includes(k) });
    box.addEventListener("change", () => {
      const tooMany = marked().length > q.max;
      if (tooMany) box.checked = false;
      say(tooMany ? text("booth.many", { most: q.max }) : "");
    });
    boxes.push(box);
    return make("label", { class: "option" }, box, typed(answer));
  });
  const next = () => {
    if (marked().length < q.min) return say(text("booth.few", { least: q.min }));
    choose(marked());
  };
  const how = q.min === q.max ? "exactly" : q.min > 0 ? "range" : "several";
  const legend = make("legend", {}, text(`booth.how.${how}`, { least: q.min, most: q.max }));
  say("");
  return [
    make("fieldset", { class: "options" }, legend, ...rows),
    deeds(complaint, count, make("button", { type: "button", class: "act", click: next }, text("booth.next"))),
  ];
}

/** An invalid ballot, where the vote allows one: it is invalid as a whole. */
function invalid(questions: Question[], choose: () => void): HTMLElement | false {
  if (!questions.every((q) => q.blank)) return false;
  return make("button", { type: "button", class: "quiet", click: choose }, text("booth.invalid"));
}
