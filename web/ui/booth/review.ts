// Looking at what was chosen, sealed meanwhile, before it is cast or opened.
import { type Choice, type Envelope, contents, open, seal, sign } from "../belenios";
import { label } from "./fill";
import { copy, save } from "./keep";
import { deeds, fold, icon, make, show, title, typed } from "../sheet/page";
import { language, text } from "../sheet/texts";
import type { Vote } from "./vote";
import { code, words } from "./words";

/** Where it goes on from here. */
export interface Ways {
  cast(ballot: string): void;
  change(): void; // of the choice, which stays filled in
  anew(): void; // with an empty ballot
  broken(): void;
}

const patient = 300; // milliseconds after which sealing shows how far it is
const piece = 16; // milliseconds of work between two pauses in which the page can be drawn

/** Shows the choices and seals them. */
export function review(vote: Vote, choices: Choice[], ways: Ways): void {
  const bar = make("progress");
  const status = make("p", { class: "status", role: "status", hidden: true }, text("booth.sealing"), bar);
  const shown = setTimeout(() => (status.hidden = false), patient);
  const envelope = seal(vote.checked, vote.link.credential, choices, inPieces((done) => (bar.value = done)));
  const envelopeCode = make("code", {}, "…");
  const envelopeWords = make("b", {}, "…");
  envelope.then(
    (sealed) => {
      clearTimeout(shown);
      status.hidden = true;
      envelopeCode.textContent = code(sealed.hash);
      envelopeWords.textContent = words(sealed.hash, language);
    },
    () => ways.broken(),
  );
  const button = make("button", { type: "button", class: "act", id: "cast" }, text("booth.cast"));
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.textContent = text("booth.sealing");
    const sealed = await envelope;
    ways.cast(sign(vote.checked, vote.link.credential, sealed));
  });
  const test = async () => showOpened(vote, await envelope, ways);
  show(
    title(text("booth.review")),
    make("p", {}, text("booth.chosen")),
    summary(vote, choices),
    ...label(vote),
    make("p", {}, text(vote.final ? "booth.final" : "booth.revote")),
    status,
    deeds(button, make("button", { type: "button", click: ways.change }, text("booth.change"))),
    make(
      "details",
      { class: "test" },
      make("summary", {}, text("booth.test")),
      make("p", {}, text("booth.test.why")),
      make("p", {}, text("booth.test.envelope"), " ", envelopeWords, " · ", envelopeCode),
      make("button", { type: "button", id: "open", click: test }, text("booth.open")),
    ),
  );
}

/** What was chosen, in full. */
function summary(vote: Vote, choices: Choice[]): HTMLElement {
  const questions = vote.checked.questions;
  const rows = questions.flatMap((q, i) => {
    const choice = choices[i]!;
    const answers = choice === "blank" ? [text("ballot.answer.invalid")] : choice.map((k) => typed(q.answers[k]!));
    const none = answers.length === 0 ? [text("ballot.answer.none")] : answers;
    return [make("dt", {}, typed(q.text)), ...none.map((answer) => make("dd", {}, answer))];
  });
  return make("dl", { class: "chosen" }, ...rows);
}

/** Shows what was in an envelope. It is never signed from here on, so nobody can cast it. */
function showOpened(vote: Vote, sealed: Envelope, ways: Ways): void {
  const opened = open(vote.checked, sealed);
  const vector = contents(vote.checked, opened);
  const file = JSON.stringify({
    format: 1,
    kind: "stimmbote-test-envelope",
    election: vote.raw,
    ballot: sealed.ballot,
    tracker: sealed.hash,
    vote: vector,
    randomness: sealed.randomness,
  });
  const inside = vector.map((numbers, i): Choice => {
    const q = vote.checked.questions[i]!;
    const answers = q.blank ? numbers.slice(1) : numbers;
    return q.blank && numbers[0] === 1 ? "blank" : answers.flatMap((n, k) => (n === 1 ? [k] : []));
  });
  const name = `${vote.link.uuid}-${code(sealed.hash)}.json`;
  show(
    title(text("booth.opened")),
    make("p", { class: "notice" }, icon("halt"), make("span", {}, text("booth.opened.void"))),
    make("p", {}, text("booth.opened.inside")),
    summary(vote, inside),
    make("p", {}, text("booth.test.envelope"), " ", make("b", { id: "envelope" }, words(sealed.hash, language)), " · ", make("code", {}, code(sealed.hash))),
    make("p", {}, text("booth.opened.check")),
    make("p", {}, make("code", {}, `stimmbote ballot --test ${name}`)),
    keeping(file, name),
    deeds(make("button", { type: "button", class: "act", click: ways.anew }, text("booth.anew"))),
  );
}

/** Ways to take a text out of the page. */
export function keeping(what: string, name: string): HTMLElement {
  const field = make("textarea", { readOnly: true, value: what, label: text("booth.text.of") });
  const copied = make("p", { role: "status", class: "soft" });
  const shown = fold(text("booth.text"), field);
  const take = async () => {
    const done = await copy(what, () => {
      shown.open = true;
      return field;
    });
    copied.textContent = text(done ? "booth.copied" : "booth.copy.yourself");
  };
  return make(
    "div",
    { class: "keeping" },
    make("button", { type: "button", id: "save", click: () => save(what, name) }, text("booth.save")),
    make("button", { type: "button", id: "copy", click: () => void take() }, text("booth.copy")),
    copied,
    shown,
  );
}

/** Lets the page be drawn now and then during long work. */
function inPieces(show: (done: number) => void): (done: number) => Promise<void> | void {
  let since = performance.now();
  return (done) => {
    if (performance.now() - since < piece) return;
    show(done);
    return new Promise((resolve) =>
      setTimeout(() => {
        since = performance.now();
        resolve();
      }),
    );
  };
}
