// The check page: it counts an archive again, or looks whether an opened envelope holds what it says, without the bot and
// without a network. It works as a file of its own too.
import { deeds, fold, footer, icon, make, show, title, typed } from "../sheet/page";
import { legal } from "../sheet/legal";
import { origin } from "../sheet/origin";
import { table } from "../sheet/table";
import { known, language, speak, text } from "../sheet/texts";
import { code, words } from "../booth/words";
import { opened } from "./envelope";
import { type Report, reveal, verify } from "./verify";

speak("de");
const alone = make("p", {}, text("recount.alone"));
footer(alone, origin());
start();
void about();

/** Asks for the file; one of the same server may be named behind the #. */
function start(): void {
  const named = /^#(\/p\/[1-9A-HJ-NP-Za-km-z]+\/[1-9A-HJ-NP-Za-km-z]+\.bel)$/.exec(location.hash)?.[1];
  const field = make("input", { type: "file", id: "file", class: "unseen" }); // browsers name it in a language of their own
  field.accept = ".bel,.json";
  const label = make("label", { class: "act file" }, text("recount.choose"), field);
  field.addEventListener("change", () => {
    const [file] = field.files ?? [];
    if (file) void check(() => file.arrayBuffer());
  });
  show(title(text("recount.title")), make("p", {}, text("recount.how")), make("p", {}, text("recount.how.envelope")), label);
  if (named && location.protocol.startsWith("http")) void check(async () => (await load(named)).arrayBuffer());
}

/** Says who is behind the page, where its server does. */
async function about(): Promise<void> {
  if (!location.protocol.startsWith("http")) return;
  try {
    const said = await (await load("/recount/about.json")).json();
    footer(alone, origin(), legal(String(said.imprint), String(said.privacy)));
  } catch {
    // a web space that has nothing but this file
  }
}

async function load(path: string): Promise<Response> {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return response;
}

async function check(read: () => Promise<ArrayBuffer>): Promise<void> {
  show(title(text("recount.title")), make("p", { role: "status" }, text("recount.counting")));
  try {
    const file = new Uint8Array(await read());
    await new Promise((drawn) => setTimeout(drawn, 50)); // before the work that stops everything
    if (isEnvelope(file)) show(...opened(await reveal(file)), again());
    else draw(await verify(file));
  } catch {
    show(title(icon("halt"), make("span", {}, text("recount.broken"))), make("p", {}, text("recount.broken.do")), again());
  }
}

/** Says whether a file is a test envelope: those are JSON, and an archive begins with a name. */
function isEnvelope(file: Uint8Array): boolean {
  return new TextDecoder().decode(file.subarray(0, 64)).trimStart().startsWith("{");
}

function again(): HTMLElement {
  return deeds(make("button", { type: "button", click: start }, text("recount.again")));
}

/** What came out, and everything that was looked at. */
function draw(r: Report): void {
  const sound = r.status === "valid";
  const said = known(`recount.${r.status}`) ? r.status : "invalid";
  const holds = sound || said === "incomplete";
  const rows = looked(r);
  const numbers = (r.questions ?? []).filter((q) => q.answers.every((a) => a.votes !== undefined));
  const prints = [
    ["board.print.election", r.election_fingerprint],
    ["board.print.roll", r.roll_hash],
    ["board.print.closed", r.closed_hash],
  ].flatMap(([key, value]) => (value ? [make("dt", {}, text(key!)), make("dd", {}, make("code", {}, value))] : []));
  show(
    title(icon(sound ? "tick" : "halt"), make("span", {}, text(`recount.${said}`))),
    known(`recount.${said}.do`) && make("p", {}, text(`recount.${said}.do`)),
    ...(sound ? numbers.map((q) => table(q.question, q.answers.map((a) => [a.answer, a.votes ?? 0]), q.blank ?? 0, r.counted ?? 0)) : []),
    holds && r.counted !== undefined && make("p", {}, text("board.cast", { cast: r.counted, entitled: r.entitled ?? 0 })),
    holds && make("h2", {}, text("recount.compare")),
    holds && make("dl", { class: "prints" }, ...prints),
    sound && !!r.trackers?.length && ballots(r.trackers),
    rows.length > 0 && fold(text("recount.checked"), make("ul", { class: "checks" }, ...rows)),
    sound && fold(text("board.limits"), make("p", {}, text("board.limits.are"))),
    again(),
  );
}

/** What was looked at, and where it stopped: for everybody, then for experts. */
function looked(r: Report): HTMLElement[] {
  const checks = r.checks ?? [];
  return (r.plain?.[language] ?? []).map((sentence, i) => {
    const ok = checks[i]?.ok ?? false;
    return make("li", { class: `found ${ok ? "good" : "bad"}` }, i <= checks.length && icon(ok ? "tick" : "halt"), make("span", {}, sentence));
  });
}

/** The ballots by their words, to look for one's own. */
function ballots(trackers: string[]): HTMLElement {
  const rows = trackers.map((t) => make("li", {}, typed(words(t, language)), " ", make("code", {}, code(t))));
  return fold(text("board.list.all"), make("ol", { class: "ballots" }, ...rows));
}
