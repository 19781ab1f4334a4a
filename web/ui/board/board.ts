// The board of one vote: while it runs, how many have voted; afterwards the ballots by their check words, the result, and
// how to check it. What somebody looks for is looked for here and told nobody.
import { legal } from "../sheet/legal";
import { belongsTo, deeds, fold, footer, icon, make, show, showUnder, title, typed } from "../sheet/page";
import { table } from "../sheet/table";
import { clock, known, language, speak, text } from "../sheet/texts";

interface Ballot {
  tracker: string;
  code: string;
  words: Record<string, string[]>;
}

interface Counted {
  question: string;
  answers: { answer: string; votes: number }[];
  invalid: number;
}

/** What the bot says of a vote. */
interface Board {
  id: string;
  title: string;
  group: string;
  language: string;
  familiar: boolean;
  number: number;
  kind: string;
  imprint: string;
  privacy: string;
  state: string;
  ends: string;
  cast: number;
  entitled: number;
  fingerprint: string;
  roll_hash: string;
  closed_hash?: string;
  booth: string;
  contact: string;
  ballots?: Ballot[];
  questions?: Counted[];
  verdict?: string;
  winners?: string[];
  rehearsal?: boolean;
  archive?: string;
}

const patience = 20_000; // milliseconds for an answer of the server

void start();

async function start(): Promise<void> {
  speak("de");
  show(title(text("board.title")), make("p", { role: "status" }, text("board.loading")));
  const here = location.origin + location.pathname.replace(/\/$/, "");
  let response: Response;
  let board: Board;
  try {
    response = await fetch(`${here}/board.json`, { cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (response.status === 404) return trouble("unknown");
    if (!response.ok) return trouble("offline", true);
    board = await response.json();
  } catch {
    return trouble("offline", true);
  }
  speak(board.language, board.familiar);
  belongsTo(board.group);
  const helps = board.contact && make("p", {}, text("booth.help"), " ", typed(board.contact));
  footer(helps, legal(board.imprint, board.privacy));
  draw(board);
}

function trouble(what: string, again = false): void {
  show(
    title(icon("halt"), make("span", {}, text(`board.${what}`))),
    make("p", {}, text(`board.${what}.do`)),
    again && deeds(make("button", { type: "button", class: "act", click: () => void start() }, text("booth.retry"))),
  );
}

/** The whole board, as far as the vote has come. */
function draw(b: Board): void {
  const over = b.number > 0 && make("p", { class: "step" }, text("board.number", { number: b.number }));
  const ends = new Date(b.ends);
  const running = b.state === "open";
  showUnder(
    over,
    title(typed(b.title)),
    b.rehearsal && make("p", {}, text("board.rehearsal")),
    verdict(b),
    !!b.winners?.length && make("p", {}, text("board.elected", { names: "" }), ...names(b.winners)),
    ...(b.questions ?? []).map((q, _, all) =>
      table(all.length > 1 ? q.question : "", q.answers.map((a) => [a.answer, a.votes]), q.invalid, b.cast),
    ),
    make("p", {}, text("board.cast", { cast: b.cast, entitled: b.entitled })),
    running && make("p", {}, text("board.where")),
    running && !Number.isNaN(ends.getTime()) && make("p", { class: "soft" }, text("booth.until", { time: clock(ends) })),
    b.ballots && make("h2", {}, text("board.check")),
    b.ballots && mine(b.ballots),
    b.ballots && list(b, b.ballots),
    b.ballots && recount(b),
    b.ballots && fold(text("board.limits"), make("p", {}, text("board.limits.are"))),
    fingerprints(b),
  );
}

/** How it stands, in one line. */
function verdict(b: Board): HTMLElement {
  const key = `poll.result.${b.verdict ?? ""}`;
  const sentence = text(known(key) ? key : `board.state.${b.state}`).replaceAll("**", "");
  return make("p", { class: `verdict ${b.verdict ?? ""}`, role: "status" }, sentence);
}

/** Names one after the other, each in its own direction. */
function names(all: string[]): (Node | string)[] {
  return all.flatMap((name, i) => (i > 0 ? [", ", typed(name)] : [typed(name)]));
}

/** First step: is my ballot there? */
function mine(ballots: Ballot[]): HTMLElement {
  const field = make("input", { type: "text", id: "look" });
  field.autocomplete = "off";
  field.spellcheck = false;
  field.autocapitalize = "none";
  const said = make("p", { class: "found", role: "status" });
  const label = make("label", {}, text("board.mine.label"));
  label.htmlFor = field.id;
  const form = make(
    "form",
    { class: "mine" },
    make("h3", {}, text("board.mine")),
    make("p", { class: "soft" }, text("board.mine.how")),
    label,
    field,
    make("button", { type: "submit" }, text("board.mine.look")),
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (field.value.trim() === "") return;
    const hits = ballots.flatMap((b, i) => (fits(b, field.value) ? [i + 1] : []));
    const key = hits.length === 0 ? "none" : hits.length === 1 ? "here" : "more";
    said.className = `found ${hits.length === 1 ? "good" : "bad"}`;
    said.replaceChildren(icon(hits.length === 1 ? "tick" : "halt"), text(`board.mine.${key}`, { n: hits.join(", "), of: ballots.length }));
  });
  return form;
}

/** Says whether somebody can mean this ballot: by code or words, in capitals or not, whatever stands between. */
function fits(b: Ballot, typed: string): boolean {
  const bare = (s: string) => s.toLowerCase().replace(/[^a-z0-9]/g, "");
  return [b.code, b.tracker, ...Object.values(b.words).map((w) => w.join(" "))].some((name) => bare(name) === bare(typed));
}

/** Second step: who was entitled, how many voted, and how many ballots there are. */
function list(b: Board, ballots: Ballot[]): HTMLElement {
  const right = ballots.length === b.cast && b.cast <= b.entitled;
  const rows = ballots.map((one) =>
    make("li", {}, make("span", {}, (one.words[language] ?? one.words["en"] ?? []).join("-")), " ", make("code", {}, one.code)),
  );
  return make(
    "section",
    {},
    make("h3", {}, text("board.list")),
    make("p", {}, text("board.list.numbers", { entitled: b.entitled, cast: b.cast, ballots: ballots.length })),
    make("p", { class: `found ${right ? "good" : "bad"}` }, icon(right ? "tick" : "halt"), text(right ? "board.list.right" : "board.list.wrong")),
    make("p", { class: "soft" }, text("board.list.who")),
    fold(text("board.list.all"), make("ol", { class: "ballots" }, ...rows)),
  );
}

/** Third step: count again, with a program that is not the bot's if possible. */
function recount(b: Board): HTMLElement {
  const file = `${b.id}.bel`;
  const archive = b.archive?.startsWith("/p/") && make("a", { href: b.archive, class: "button" }, text("board.recount.load"));
  return make(
    "section",
    {},
    make("h3", {}, text("board.recount")),
    archive && make("p", {}, make("a", { href: `/recount#${b.archive}`, class: "button" }, text("board.recount.here"))),
    make("p", {}, text(archive ? "board.recount.how" : "board.recount.wait")),
    archive && make("p", {}, archive),
    archive && make("pre", {}, `stimmbote verify ${file}\nrecheck.sh ${file}`),
  );
}

/** What everybody can compare with what stands in the group. */
function fingerprints(b: Board): HTMLElement {
  const lines: [string, string | undefined][] = [
    ["board.print.election", b.fingerprint],
    ["board.print.roll", b.roll_hash],
    ["board.print.closed", b.closed_hash],
    ["board.print.booth", b.booth],
  ];
  const rows = lines.flatMap(([key, value]) => (value ? [make("dt", {}, text(key)), make("dd", {}, make("code", {}, value))] : []));
  return fold(text("board.print"), make("dl", {}, ...rows));
}
