// What comes of a ballot that was opened instead of cast: whether what it shows is what was sealed.
import { fold, icon, make, title, typed } from "../sheet/page";
import { language, text } from "../sheet/texts";
import { code, words } from "../booth/words";
import type { Opening } from "./verify";

/** The heading of the screen, and what stands below. */
export function opened(o: Opening): [HTMLElement, ...(HTMLElement | false)[]] {
  if (o.status !== "holds") {
    const reason = make("p", { lang: "en" }, o.reason ?? "");
    return [
      title(icon("halt"), make("span", {}, text("recount.envelope.broken"))),
      make("p", {}, text("recount.envelope.broken.do")),
      fold(text("recount.checked"), reason),
    ];
  }
  const rows = (o.questions ?? []).flatMap((q) => {
    const answers = q.invalid ? [text("ballot.answer.invalid")] : q.chosen.map((answer) => typed(answer));
    const all = answers.length > 0 ? answers : [text("ballot.answer.none")];
    return [make("dt", {}, typed(q.question)), ...all.map((answer) => make("dd", {}, answer))];
  });
  const tracker = o.tracker ?? "";
  return [
    title(icon("tick"), make("span", {}, text("recount.envelope.holds"))),
    make("dl", { class: "inside" }, ...rows),
    make("h2", {}, text("recount.envelope.compare")),
    make(
      "dl",
      { class: "prints" },
      make("dt", {}, text("recount.envelope.words")),
      make("dd", {}, words(tracker, language), " · ", make("code", {}, code(tracker))),
      make("dt", {}, text("recount.envelope.election")),
      make("dd", {}, make("code", {}, o.election_fingerprint ?? "")),
    ),
    make("p", { class: "soft" }, text("recount.envelope.why")),
  ];
}
