// What the call says of votes that are open: what is asked, and the way to one's own ballot, which opens beside the call.
import { element, text } from "../page";
import type { Vote } from "./door";

const most = 3;

/** Votes shows those that are open. */
export class Votes {
  private readonly box = element("votes");
  private shown = "";
  private known = new Set<string>();

  constructor(private readonly announce: (what: string) => void) {}

  /** Whether these are others than those that are known: then the server has to be asked for the ballots. */
  areNew(votes: Vote[]): boolean {
    return votes.some((v) => !this.known.has(v.id));
  }

  /** Shows these votes; a new one is said as well. */
  show(votes: Vote[]): void {
    for (const v of votes) if (!this.known.has(v.id)) this.announce(asked(v));
    this.known = new Set(votes.map((v) => v.id));
    const now = JSON.stringify(votes);
    if (now === this.shown) return;
    this.shown = now;
    this.box.hidden = votes.length === 0;
    this.box.replaceChildren(...votes.slice(0, most).map(row));
  }
}

function row(vote: Vote): HTMLElement {
  const row = document.createElement("p");
  const what = document.createElement("span");
  what.textContent = asked(vote);
  row.append(what);
  if (!vote.ballot || !/^https?:/.test(vote.ballot)) {
    what.textContent += ` ${text("vote.guest")}`;
    return row;
  }
  const way = document.createElement("a");
  way.className = "act";
  way.href = vote.ballot;
  way.target = "_blank";
  way.rel = "noopener noreferrer";
  way.textContent = text("vote.ballot");
  way.setAttribute("aria-label", `${text("vote.ballot.of")} ${asked(vote)}`);
  row.append(way);
  return row;
}

/** What is asked. Only those who may vote learn that. */
function asked(vote: Vote): string {
  return vote.title ? text("vote.open", { title: vote.title }) : text("vote.some");
}
