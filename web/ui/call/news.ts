// What is said aloud to those who cannot see it change: by the one place of the page that is read out, politely, and
// at most once a second, so that ten who come at once are one sentence.
import { element, say } from "../page";

const pause = 1000;
let waiting: string[] = [];
let timer = 0;

/** Has something read out, after what is being read. */
export function announce(what: string): void {
  if (!what) return;
  if (!waiting.includes(what)) waiting.push(what);
  timer ||= window.setTimeout(() => {
    timer = 0;
    element("news").textContent = waiting.join(" ");
    waiting = [];
  }, pause);
}

/** Takes what is read out to a part of the page: while a dialog is open, nothing beside it is. */
export function readOutIn(where: HTMLElement): void {
  const news = element("news");
  news.textContent = "";
  where.append(news);
}

/** Shows a sentence and has it read out, or hides it. */
export function tellAll(where: HTMLElement, what: string): void {
  if (what && where.textContent !== what) announce(what);
  say(where, what);
}
