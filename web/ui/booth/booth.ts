// The ballot page: it takes a vote from the link to the ballot box. What is chosen leaves it only sealed, and nothing of
// it is stored.
import { type Choice, tracker } from "../belenios";
import { type Outcome, send } from "./casting";
import { fill } from "./fill";
import { readLink } from "./link";
import { belongsTo, deeds, fold, footer, icon, make, show, title, typed } from "../sheet/page";
import { keeping, review } from "./review";
import { legal } from "../sheet/legal";
import { language, known, speak, text } from "../sheet/texts";
import { NoBallot, type Vote, fetchVote } from "./vote";
import { code, words } from "./words";

const patient = 300; // milliseconds after which the page says that it waits

let turn = 0; // counts what begins anew: what is late for an earlier one is dropped
let unsent = false; // a sealed ballot is here that may not have arrived

addEventListener("hashchange", () => void start());
addEventListener("beforeunload", (event) => {
  if (unsent) event.preventDefault();
});
void start();

/** Opens the ballot that the link names. */
async function start(): Promise<void> {
  const mine = ++turn;
  unsent = false;
  speak("de");
  belongsTo("");
  footer();
  if (window.top !== window.self) return trouble("framed");
  const link = readLink(location);
  if (!link) return trouble("link");
  show(title(text("booth.title")));
  const waits = setTimeout(() => show(title(text("booth.title")), make("p", { role: "status" }, text("booth.loading"))), patient);
  try {
    const vote = await fetchVote(link);
    clearTimeout(waits);
    if (mine === turn) vote.link === link && begin(vote);
  } catch (problem) {
    clearTimeout(waits);
    if (mine !== turn) return;
    if (!(problem instanceof NoBallot)) return trouble("broken");
    if (problem.said) introduce(problem.said);
    trouble(problem.why, ["offline", "busy"].includes(problem.why) ? () => void start() : undefined);
  }
}

/** Says whose vote it is, in its language, and who helps. */
function introduce(vote: Pick<Vote, "language" | "familiar" | "group" | "contact" | "imprint" | "privacy">, link?: Vote): void {
  speak(vote.language, vote.familiar);
  belongsTo(vote.group);
  footer(
    vote.contact && make("p", {}, text("booth.help"), " ", typed(vote.contact)),
    link &&
      fold(
        text("booth.works"),
        make("p", {}, text("booth.works.seal")),
        make("p", {}, text("booth.works.same")),
        make("p", {}, text("booth.works.fingerprint"), " ", make("code", {}, link.checked.fingerprint)),
      ),
    legal(vote.imprint, vote.privacy),
  );
}

/** From an empty ballot on. */
function begin(vote: Vote): void {
  introduce(vote, vote);
  unsent = false;
  const made: (Choice | undefined)[] = [];
  const look = (choices: Choice[]): void =>
    review(vote, choices, {
      cast: (ballot) => void cast(vote, ballot),
      change: () => fill(vote, made, 0, look),
      anew: () => begin(vote),
      broken: () => trouble("broken", () => begin(vote)),
    });
  fill(vote, made, 0, look);
}

/** Puts a ballot into the box: again and again, if need be, the same one. */
async function cast(vote: Vote, ballot: string): Promise<void> {
  const mine = turn;
  unsent = true;
  const status = make("p", { role: "status" }, text("booth.sending"));
  const waits = setTimeout(() => mine === turn && show(title(text("booth.sending.title")), status), patient);
  let outcome: Outcome;
  for (;;) {
    outcome = await send(vote.link.base, ballot);
    if (mine !== turn) return clearTimeout(waits);
    if (outcome.kind !== "later") break;
    const { seconds } = outcome;
    status.textContent = text("booth.busy.again", { n: seconds });
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  clearTimeout(waits);
  unsent = outcome.kind === "unsure";
  if (outcome.kind === "done") return done(vote, ballot, outcome.replaced);
  if (outcome.kind === "unsure") return unsure(vote, ballot);
  if (outcome.kind === "differs") return trouble("differs");
  const key = `refused.${outcome.code}`;
  trouble(known(`booth.${key}`) ? key : "refused", undefined, outcome.sentence);
}

/** The end: what the bot says in the direct chat as well. */
function done(vote: Vote, ballot: string, replaced: boolean): void {
  const named = tracker(ballot);
  show(
    title(icon("tick"), make("span", {}, text("booth.done"))),
    make("p", {}, text("booth.done.nothing")),
    make(
      "dl",
      { class: "receipt" },
      make("dt", {}, text("booth.words")),
      make("dd", { class: "words", id: "words" }, words(named, language)),
      make("dt", {}, text("booth.code")),
      make("dd", {}, make("code", { id: "code" }, code(named))),
    ),
    make("p", { class: "soft" }, text("booth.words.why")),
    replaced && make("p", {}, text("ballot.replaced")),
    !vote.final && make("button", { type: "button", class: "quiet", id: "again", click: () => begin(vote) }, text("booth.again")),
  );
}

/** No answer came: the ballot is still here, and may have arrived. */
function unsure(vote: Vote, ballot: string): void {
  const again = () => unsent && void cast(vote, ballot);
  addEventListener("online", again, { once: true });
  const press = () => {
    removeEventListener("online", again);
    again();
  };
  show(
    title(icon("halt"), make("span", {}, text("booth.unsure"))),
    make("p", {}, text("booth.unsure.safe")),
    deeds(make("button", { type: "button", class: "act", id: "send", click: press }, text("booth.unsure.again"))),
    fold(
      text("booth.unsure.else"),
      make("p", {}, text("booth.unsure.paste")),
      keeping(ballot, `${vote.link.uuid}.ballot.json`),
    ),
  );
}

/** Something is wrong: what happened, what is safe, what to do. */
function trouble(what: string, again?: () => void, instead = ""): void {
  show(
    title(icon("halt"), make("span", {}, text(`booth.${what}`))),
    make("p", {}, what === "refused" && instead ? instead : text(`booth.${what}.do`)),
    again && deeds(make("button", { type: "button", class: "act", id: "retry", click: again }, text("booth.retry"))),
  );
}
