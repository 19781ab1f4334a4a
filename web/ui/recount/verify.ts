// The verification that the program in Go does, in this browser: it lies in the page itself.
import "../vendor/go/wasm_exec.js";

declare class Go {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

declare function stimmboteVerify(archive: Uint8Array): string;
declare function stimmboteReveal(envelope: Uint8Array): string;

/** What `stimmbote verify` says. */
export interface Report {
  status: string;
  reason?: string;
  checks?: { name: string; detail: string; ok: boolean }[];
  election_fingerprint?: string;
  roll_hash?: string;
  closed_hash?: string;
  entitled?: number;
  counted?: number;
  questions?: { question: string; blank?: number; answers: { answer: string; votes?: number }[] }[];
  trackers?: string[];
  plain?: Record<string, string[]>; // a sentence for each check, then why it went no further
}

/** What is in a ballot that was opened instead of cast. */
export interface Opening {
  status: string; // "holds", or else it is not what it says
  reason?: string;
  election_fingerprint?: string;
  tracker?: string;
  questions?: { question: string; chosen: string[]; invalid?: boolean }[];
}

let ready: Promise<void> | undefined;

/** Checks an archive. */
export async function verify(archive: Uint8Array): Promise<Report> {
  await (ready ??= load());
  return JSON.parse(stimmboteVerify(archive));
}

/** Seals once more what a test envelope says was sealed. */
export async function reveal(envelope: Uint8Array): Promise<Opening> {
  await (ready ??= load());
  return JSON.parse(stimmboteReveal(envelope));
}

async function load(): Promise<void> {
  const packed = Uint8Array.from(atob(document.getElementById("wasm")!.textContent!.trim()), (c) => c.charCodeAt(0));
  const unpacked = new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip")));
  const go = new Go();
  const { instance } = await WebAssembly.instantiate(await unpacked.arrayBuffer(), go.importObject);
  void go.run(instance); // it answers until the page is closed
}
