// What stands under More: who is in, with what those who moderate may do about each, and one's own settings.
import type { Participant } from "livekit-client";
import { element, say, text } from "../page";
import { type State, badgeOf } from "./door";

/** What somebody may ask of the server about somebody else. */
export type Ask = (what: string, who?: string) => void;

/** People lists who is in and, for those who moderate, who waits. */
export class People {
  private readonly list = element("people");
  private readonly queue = element("queue");

  constructor(private readonly ask: Ask) {
    element("mute-all").addEventListener("click", () => ask("mute-all"));
    element("admit-all").addEventListener("click", () => ask("admit-all"));
  }

  /** Shows everybody as they are now: raised hands first, in their order. */
  show(who: Participant[], me: Participant, state: State): void {
    const place = (w: Participant) => {
      const at = state.hands.indexOf(w.identity);
      return at < 0 ? state.hands.length : at;
    };
    const sorted = [...who].sort((a, b) => place(a) - place(b) || (a.name ?? "").localeCompare(b.name ?? ""));
    replace(this.list, sorted.map((w) => this.row(w, w === me, state)));
    for (const id of ["mute-all", "lock"]) element(id).hidden = !state.chair;
    element("lock").textContent = text(state.locked ? "unlock" : "lock");
    element("locked").hidden = !state.locked;
  }

  private row(who: Participant, isMe: boolean, state: State): HTMLElement {
    const row = document.createElement("li");
    const name = document.createElement("span");
    name.className = "name";
    const at = state.hands.indexOf(who.identity);
    const notes = [text(`badge.${badgeOf(who.identity, state.badges)}`)];
    if (at >= 0) notes.push(text("hand.up", { n: at + 1 }));
    if (!who.isMicrophoneEnabled) notes.push(text("muted"));
    const label = isMe ? text("you", { name: who.name ?? "" }) : (who.name ?? "");
    name.append(label, small(notes.filter((n) => n).join(", ")));
    row.append(name);
    if (!state.chair || isMe) return row;
    const deeds = document.createElement("span");
    deeds.className = "deeds";
    if (at >= 0) deeds.append(this.button("lower", who));
    if (who.isMicrophoneEnabled) deeds.append(this.button("mute", who));
    deeds.append(this.button("remove", who));
    row.append(deeds);
    return row;
  }

  private button(what: string, who: Participant): HTMLElement {
    const b = document.createElement("button");
    b.type = "button";
    b.dataset.deed = what;
    b.dataset.who = who.identity;
    b.textContent = text(`deed.${what}`);
    b.setAttribute("aria-label", text(`deed.${what}.of`, { name: who.name ?? "" }));
    b.addEventListener("click", () => this.ask(what, who.identity));
    return b;
  }

  /** Shows who waits at the door, to those who may let them in. */
  waiting(state: State): void {
    const list = state.waiting ?? [];
    this.queue.hidden = list.length === 0;
    element("admit-all").hidden = list.length < 2;
    replace(
      element("waiters"),
      list.slice(0, 5).map((w) => {
        const row = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = text("waits", { name: w.name });
        row.append(name);
        for (const what of ["admit", "reject"]) {
          const b = document.createElement("button");
          b.type = "button";
          b.dataset.deed = what;
          b.dataset.who = w.id;
          b.textContent = text(`deed.${what}`);
          b.setAttribute("aria-label", text(`deed.${what}.of`, { name: w.name }));
          b.addEventListener("click", () => this.ask(what, w.id));
          row.append(b);
        }
        return row;
      }),
    );
  }
}

/** Shows other rows, where they differ, and leaves the focus on the button that it was on. */
function replace(list: HTMLElement, rows: HTMLElement[]): void {
  const same = rows.length === list.children.length && rows.every((row, i) => row.isEqualNode(list.children[i] ?? null));
  if (same) return;
  const { deed, who } = list.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset : {};
  list.replaceChildren(...rows);
  const buttons = [...list.querySelectorAll("button")];
  if (deed) (buttons.find((b) => b.dataset.deed === deed && b.dataset.who === who) ?? buttons[0])?.focus();
}

function small(what: string): HTMLElement {
  const e = document.createElement("small");
  e.textContent = what;
  return e;
}
