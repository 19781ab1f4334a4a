// The call page: the door, and behind it the stage.
import { LogLevel, type Participant, isBrowserSupported, setLogLevel } from "livekit-client";
import { isE2EESupported } from "livekit-client";
import { count, element, say, text } from "../page";
import { Devices, type Kind } from "./devices";
import { type Keys, Refused, look, readKeys } from "./door";
import { type Audience, Meeting } from "./meeting";
import { Stage } from "./stage";

const door = element("door");
const call = element("call");
const notice = element("notice");
const form = element<HTMLFormElement>("form");
const nameField = element<HTMLInputElement>("name");
const nameError = element("name-error");
const joinButton = element<HTMLButtonElement>("join");
const preview = element<HTMLVideoElement>("preview");

const stage = new Stage();
const devices = new Devices();
let asked: Promise<unknown> | undefined; // the question for camera and microphone, if it is open or answered
let meeting: Meeting | undefined;
let published: Promise<void> = Promise.resolve(); // what was opened at the door is in the call
let awake: WakeLockSentinel | undefined;

// A page may make a policy of this name once.
const workerAddress = document.body.dataset.worker ?? "";
const workerPolicy = window.trustedTypes?.createPolicy("worker", { createScriptURL: () => workerAddress });

// The library names addresses and tokens in its lines: none of them goes to the console.
setLogLevel(LogLevel.silent);

start();

function start(): void {
  if (!window.isSecureContext) return impossible("error.insecure");
  if (!isBrowserSupported() || !isE2EESupported() || !navigator.mediaDevices) return impossible("error.browser");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void join();
  });
  nameField.addEventListener("input", () => complain(""));
  for (const kind of ["microphone", "camera"] as const) {
    element(`door-${kind}`).addEventListener("click", () => void switchAtDoor(kind));
    element(kind).addEventListener("click", () => void switchInCall(kind));
  }
  element("leave").addEventListener("click", () => void meeting?.leave());
  element("sound-on").addEventListener("click", () => void meeting?.hear());
  addEventListener("hashchange", () => void arrive());
  document.addEventListener("visibilitychange", () => {
    if (meeting && document.visibilityState === "visible") void keepAwake(); // a hidden page loses it
  });
  devices.onpicture = (track) => {
    if (track) track.attach(preview);
    preview.hidden = !track;
    preview.classList.add("mirrored");
    say(element("nopicture"), track ? "" : text("picture.off"));
  };
  void arrive().then((open) => {
    if (open && !asked) void openDevices();
  });
  if (matchMedia("(pointer: fine)").matches) nameField.focus();
}

/** What the page says where no call is possible. */
function impossible(sentence: string): void {
  tell(sentence);
  form.hidden = true;
}

/** Looks through the door: whose call this is, who is in, or, then false, that the link is wrong. */
async function arrive(): Promise<boolean> {
  tell("");
  title("");
  say(element("present"), "");
  try {
    const inside = await look(await readKeys(location.hash));
    title(inside.title);
    const n = inside.people.length;
    say(element("present"), n === 0 ? text("in.none") : count("in", n, { names: inside.people.join(", ") }));
  } catch (problem) {
    // Where there is no way to the server just now, whoever joins is told.
    if (problem instanceof Refused) tell(problem.sentence);
    return !(problem instanceof Refused);
  }
  return true;
}

function title(of: string): void {
  const whole = of ? text("with", { title: of }) : text("title");
  document.title = whole;
  element("title").textContent = whole;
  element("call-title").textContent = of || whole;
}

async function openDevices(): Promise<void> {
  const opened = devices.open();
  asked = opened;
  const trouble = await opened;
  say(element("devices"), trouble && text(trouble));
  if (preview.hidden) say(element("nopicture"), text("picture.off"));
}

async function switchAtDoor(kind: Kind): Promise<void> {
  const on = !devices.wanted[kind];
  turn(`door-${kind}`, on);
  if (!asked) {
    devices.wanted[kind] = on; // nothing is open: it counts when joining
    return;
  }
  const trouble = await devices.set(kind, on);
  say(element("devices"), trouble && text(trouble));
}

async function join(): Promise<void> {
  const name = nameField.value.trim();
  if (!name) return complain("error.name");
  if (meeting) return;
  tell("");
  joinButton.disabled = true;
  joinButton.textContent = text("joining");
  if (!asked) void openDevices();
  try {
    const keys: Keys = await readKeys(location.hash);
    meeting = new Meeting(frameWorker(), audience);
    await meeting.enter(keys, name);
    enterStage(meeting);
    published = publish(meeting);
    await published;
  } catch (problem) {
    leaveStage(problem instanceof Refused ? problem.sentence : "error.internal");
  }
}

/** The worker that encrypts and decrypts, through the one policy that this page allows. */
function frameWorker(): Worker {
  return new Worker((workerPolicy?.createScriptURL("") as unknown as string) ?? workerAddress);
}

function enterStage(entered: Meeting): void {
  title(entered.title);
  door.hidden = true;
  call.hidden = false;
  document.body.classList.add("on-stage");
  for (const kind of ["microphone", "camera"] as const) turn(kind, devices.wanted[kind]);
  for (const who of [entered.me, ...entered.others]) audience.changed(who);
  element("call-title").focus();
  void keepAwake();
}

/** Publishes what was opened at the door and is still wanted. */
async function publish(entered: Meeting): Promise<void> {
  const tracks = await devices.hand();
  asked = undefined;
  const trouble = await entered.publish(tracks);
  if (entered !== meeting) return;
  if (trouble) say(element("status"), text(trouble));
  showOwn(entered);
}

/** Back to the door, with the sentence that says why. */
function leaveStage(sentence: string): void {
  meeting = undefined;
  stage.clear();
  call.hidden = true;
  door.hidden = false;
  document.body.classList.remove("on-stage");
  joinButton.disabled = false;
  joinButton.textContent = text("join");
  for (const id of ["status", "sound"]) element(id).hidden = true;
  if (!asked) {
    preview.hidden = true;
    say(element("nopicture"), text("picture.again"));
  }
  for (const kind of ["microphone", "camera"] as const) turn(`door-${kind}`, devices.wanted[kind]);
  void awake?.release();
  awake = undefined;
  tell(sentence);
  notice.focus();
}

/** Switches in the call. Until the devices are there it only says what is wanted of them. */
async function switchInCall(kind: Kind): Promise<void> {
  const inside = meeting;
  if (!inside) return;
  devices.wanted[kind] = element(kind).getAttribute("aria-checked") !== "true";
  turn(kind, devices.wanted[kind]);
  await published;
  const trouble = inside === meeting ? await inside.set(kind, devices.wanted[kind]) : "";
  if (inside !== meeting) return;
  say(element("status"), trouble && text(trouble));
  showOwn(inside);
}

/** Shows oneself, and the switches as they really are. */
function showOwn(inside: Meeting): void {
  turn("microphone", inside.me.isMicrophoneEnabled);
  turn("camera", inside.me.isCameraEnabled);
  audience.changed(inside.me);
}

/** Shows a switch as on or off, in words, sign and shape. */
function turn(id: string, on: boolean): void {
  const button = element(id);
  button.setAttribute("aria-checked", String(on));
  const state = button.querySelector(".state");
  if (state) state.textContent = text(on ? "on" : "off");
}

const audience: Audience = {
  changed(who: Participant): void {
    if (!meeting || call.hidden) return;
    stage.show(who, who === meeting.me, meeting.strangers.has(who.identity));
    tellNumber();
  },
  came(who: Participant): void {
    audience.changed(who);
    say(element("news"), text("came", { names: who.name ?? "" }));
  },
  went(who: Participant): void {
    stage.hide(who);
    tellNumber();
    say(element("news"), text("went", { names: who.name ?? "" }));
  },
  speaking: (who) => stage.speaking(who),
  silenced: (isSo) => {
    element("sound").hidden = !isSo;
  },
  interrupted: (isSo) => say(element("status"), isSo ? text("reconnecting") : ""),
  ended: (sentence) => leaveStage(sentence),
};

function tellNumber(): void {
  const others = meeting?.others.length ?? 0;
  say(element("count"), count("people", others + 1));
  element("alone").hidden = others > 0;
}

/** Says a sentence above the form. What went wrong has a sign and a colour. */
function tell(sentence: string): void {
  const bad = sentence.startsWith("error.");
  notice.classList.toggle("bad", bad);
  say(notice, sentence && text(sentence));
}

function complain(sentence: string): void {
  say(nameError, sentence && text(sentence));
  nameField.setAttribute("aria-invalid", String(sentence !== ""));
  if (sentence) nameField.focus();
}

/** Keeps a phone's screen on while the call runs. */
async function keepAwake(): Promise<void> {
  try {
    awake = await navigator.wakeLock.request("screen");
  } catch {
    // the phone says no: the call goes on
  }
}
