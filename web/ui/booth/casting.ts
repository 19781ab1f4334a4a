// Sending a sealed ballot. The same bytes may be sent as often as it takes: they count once.
import { tracker } from "../belenios";

/** What came of sending. */
export type Outcome =
  | { kind: "done"; replaced: boolean }
  | { kind: "differs" } // the bot names another ballot than the one that was sent
  | { kind: "refused"; code: string; sentence: string }
  | { kind: "later"; seconds: number } // busy: nothing is lost
  | { kind: "unsure" }; // no answer: it may have arrived

const patience = 20_000; // milliseconds for an answer of the server
const soon = 3; // seconds until a busy server is asked again that does not say when
const longest = 60;

/** Sends a ballot once. */
export async function send(base: string, ballot: string): Promise<Outcome> {
  let response: Response;
  let said: Record<string, unknown>;
  try {
    response = await fetch(`${base}/ballot`, {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: ballot,
      cache: "no-store",
      signal: AbortSignal.timeout(patience),
    });
    said = await response.json().catch((broken) => {
      if (response.ok) throw broken; // half an answer says nothing
      return {};
    });
  } catch {
    return { kind: "unsure" };
  }
  if (response.ok) {
    if (said.tracker !== tracker(ballot)) return { kind: "differs" };
    return { kind: "done", replaced: said.replaced === true };
  }
  if (response.status === 429 || response.status >= 500) {
    const after = Number(response.headers.get("Retry-After"));
    return { kind: "later", seconds: Math.min(after > 0 ? after : soon, longest) };
  }
  return { kind: "refused", code: String(said.code ?? ""), sentence: String(said.error ?? "") };
}
