// The numbers of one question, with a bar for each.
import { make, typed } from "./page";
import { text } from "./texts";

/** A table of answers and their votes. */
export function table(question: string, answers: [string, number][], invalid: number, cast: number): HTMLElement {
  const rows = answers.map(([answer, votes]) => row(typed(answer), votes, cast));
  if (invalid > 0) rows.push(row(text("board.invalid"), invalid, cast));
  return make("table", {}, question !== "" && make("caption", {}, typed(question)), make("tbody", {}, ...rows));
}

function row(answer: Node | string, votes: number, cast: number): HTMLElement {
  const bar = make("span", { class: "bar", hidden: votes === 0 });
  bar.style.width = `${cast > 0 ? (100 * votes) / cast : 0}%`;
  const head = make("th", {}, answer);
  head.scope = "row";
  return make("tr", {}, head, make("td", {}, make("span", { class: "votes" }, String(votes)), bar));
}
