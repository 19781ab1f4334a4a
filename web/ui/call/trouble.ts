// Why a camera, a microphone or a browser does not work, in words that say what to do. A trouble is the keys of its
// sentences, with a blank between them.
import { text } from "../page";
import type { Kind } from "./devices";

/** The sentences of a trouble. */
export function spoken(trouble: string): string {
  return trouble.split(" ").filter((key) => key).map((key) => text(key)).join(" ");
}

/** What it means that one of the devices, or both, does not open. */
export function deviceTrouble(what: Kind | "devices", problem?: unknown): string {
  const why = reason(problem instanceof Error ? problem : undefined);
  if (why === "blocked" && inOtherApp()) return `error.${what} why.app`;
  if (why === "blocked" && what === "devices") return "error.blocked";
  return why ? `error.${what} why.${why}` : `error.${what}`;
}

/** What the browser's own name for it means to people; "" is nothing that they could change. */
function reason(problem?: Error): string {
  switch (problem?.name) {
    case "NotAllowedError":
      return /system/i.test(problem.message) ? "system" : "blocked";
    case "SecurityError":
      return "blocked";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    default:
      return "";
  }
}

/** Whether the page is shown by another app than a browser: those often keep camera and microphone to themselves. */
export function inOtherApp(): boolean {
  return /; wv\)|FBA[NV]|Instagram|\bLine\/|MicroMessenger|Snapchat|TikTok|LinkedInApp|Twitter for/.test(navigator.userAgent);
}
