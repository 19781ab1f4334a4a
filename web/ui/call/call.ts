// The call page: the door, and behind it the stage.
import { LogLevel, isBrowserSupported, isE2EESupported, setLogLevel } from "livekit-client";
import { element } from "../page";
import { Doorway } from "./doorway";
import { Stay } from "./stay";

// A page may make a policy of this name once.
const workerAddress = document.body.dataset.worker ?? "";
const workerPolicy = window.trustedTypes?.createPolicy("worker", { createScriptURL: () => workerAddress });

// The library names addresses and tokens in its lines: none of them goes to the console.
setLogLevel(LogLevel.silent);

start();

function start(): void {
  const language = element<HTMLAnchorElement>("language");
  language.addEventListener("click", () => (language.hash = location.hash)); // the key goes along
  const door = new Doorway(() => void stay.join());
  if (!window.isSecureContext) return door.impossible("error.insecure");
  if (!isBrowserSupported() || !isE2EESupported() || !navigator.mediaDevices) return door.impossible("error.browser");
  const stay = new Stay(door, frameWorker);
  stay.listen();
  door.open();
}

/** The worker that encrypts and decrypts, through the one policy that this page allows. */
function frameWorker(): Worker {
  return new Worker((workerPolicy?.createScriptURL("") as unknown as string) ?? workerAddress);
}
