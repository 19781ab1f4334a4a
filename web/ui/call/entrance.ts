// Waiting at the door, until somebody opens it or whoever waits has had enough.
import { element, say, text } from "../page";
import { type Hold, type Keys, NoWay, type Pass, Refused, knock, wait } from "./door";
import { tellAll } from "./news";

const askAgain = 2000; // milliseconds between two questions

let waiting: AbortController | undefined;

/** Asks at the door until it opens, or until whoever waits has had enough. */
export async function letIn(keys: Keys, name: string, badge: string, title: (of: string) => void): Promise<Pass> {
  let answer = await knock(keys, name, badge);
  if (!("wait" in answer)) return answer;
  waiting = new AbortController();
  element("form").hidden = true;
  title(answer.title);
  element("waiting").hidden = false;
  show(answer);
  element("waiting-title").focus();
  try {
    for (let hold: Hold = answer; ; ) {
      show(hold);
      await new Promise((resolve) => setTimeout(resolve, askAgain));
      if (waiting.signal.aborted) throw new Refused(hold.wait === "you" ? "wait.theirs" : "wait.left");
      answer = await wait(keys, hold.ticket).catch((problem) => {
        if (problem instanceof NoWay) return hold; // the way may come back
        throw problem;
      });
      if (!("wait" in answer)) return answer;
      hold = answer;
    }
  } finally {
    waiting = undefined;
    element("waiting").hidden = true;
    element("form").hidden = false;
  }
}

/** Says why somebody waits. Whoever has a member's name is asked whether it is them. */
function show(hold: Hold): void {
  const you = hold.wait === "you";
  element("waiting-title").textContent = text(you ? "you.title" : "wait");
  tellAll(element("waiting-why"), text(you ? "wait.you" : `wait.${hold.wait}`, { name: hold.name }));
  say(element("waiting-number"), hold.number ?? "");
  say(element("waiting-how"), you ? text("wait.you.stay") : text("wait.stay"));
  element("wait-no").textContent = text(you ? "wait.you.no" : "wait.no");
}

/** Gives up waiting. */
export function stopWaiting(): void {
  waiting?.abort();
}
