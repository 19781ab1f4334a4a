// The call page: the door, and behind it the stage.
import { LogLevel, type Participant, isBrowserSupported, setLogLevel } from "livekit-client";
import { isE2EESupported } from "livekit-client";
import { count, element, say, text } from "../page";
import { press, pressed, turn } from "./controls";
import { Devices, type Kind, fillPicker } from "./devices";
import { type Keys, NoWay, type Pass, Refused, type State, act, dropBadge, look, readKeys, recall, remember, takeBadge } from "./door";
import { letIn, stopWaiting } from "./entrance";
import { type Audience, Meeting } from "./meeting";
import { Meter } from "./meter";
import { People } from "./people";
import { Stage } from "./stage";

const kinds = ["microphone", "camera"] as const;
const lookAgain = 10_000; // milliseconds between two questions of those in the call, while somebody waits at the door

const door = element("door");
const call = element("call");
const notice = element("notice");
const form = element<HTMLFormElement>("form");
const nameField = element<HTMLInputElement>("name");
const nameError = element("name-error");
const joinButton = element<HTMLButtonElement>("join");
const preview = element<HTMLVideoElement>("preview");
const sheet = element<HTMLDialogElement>("sheet");

const stage = new Stage();
const devices = new Devices();
const meter = new Meter(element<HTMLMeterElement>("loud"));
const people = new People((what, who) => void ask(what, who));
let badge = ""; // of a member, from the personal link
let asked: Promise<unknown> | undefined; // the question for camera and microphone, if it is open or answered
let meeting: Meeting | undefined;
let entered: { keys: Keys; pass: Pass } | undefined;
let around: State = { hands: [], locked: false, entry: "" };
let published: Promise<void> = Promise.resolve(); // what was opened at the door is in the call
let awake: WakeLockSentinel | undefined;

// A page may make a policy of this name once.
const workerAddress = document.body.dataset.worker ?? "";
const workerPolicy = window.trustedTypes?.createPolicy("worker", { createScriptURL: () => workerAddress });

// The library names addresses and tokens in its lines: none of them goes to the console.
setLogLevel(LogLevel.silent);

start();

function start(): void {
  const language = element<HTMLAnchorElement>("language");
  language.addEventListener("click", () => (language.hash = location.hash)); // the key goes along
  if (!window.isSecureContext) return impossible("error.insecure");
  if (!isBrowserSupported() || !isE2EESupported() || !navigator.mediaDevices) return impossible("error.browser");
  badge = takeBadge();
  nameField.value = recall("name");
  listenAtDoor();
  listenInCall();
  void arrive().then((open) => {
    if (open && !asked) void openDevices();
  });
  if (matchMedia("(pointer: fine)").matches) nameField.focus();
}

function listenAtDoor(): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void join();
  });
  nameField.addEventListener("input", () => complain(""));
  for (const kind of kinds) element(`door-${kind}`).addEventListener("click", () => void switchAtDoor(kind));
  element("listen").addEventListener("click", () => void onlyListen());
  element("wait-no").addEventListener("click", stopWaiting);
  element("not-me").addEventListener("click", () => {
    dropBadge();
    badge = "";
    showMember("");
    nameField.focus();
  });
  addEventListener("hashchange", () => {
    badge = takeBadge();
    void arrive();
  });
  picker("door-pick", (kind, id) => devices.choose(kind === "audioinput" ? "microphone" : "camera", id));
  devices.onpicture = (track) => {
    if (track) track.attach(preview);
    preview.hidden = !track;
    preview.classList.add("mirrored");
    say(element("nopicture"), track ? "" : text("picture.off"));
  };
  devices.onsound = (track) => meter.listen(track?.mediaStreamTrack);
}

function listenInCall(): void {
  for (const kind of kinds) element(kind).addEventListener("click", () => void switchInCall(kind));
  element("leave").addEventListener("click", () => void meeting?.leave());
  element("sound-on").addEventListener("click", () => void meeting?.hear());
  element("hand").addEventListener("click", () => {
    const up = element("hand").getAttribute("aria-pressed") === "true";
    void ask(up ? "lower" : "hand");
  });
  element("lock").addEventListener("click", () => void ask(around.locked ? "unlock" : "lock"));
  const share = element("share");
  share.hidden = !("getDisplayMedia" in navigator.mediaDevices);
  share.addEventListener("click", () => void switchShare());
  element("more").addEventListener("click", () => sheet.showModal());
  element("sheet-close").addEventListener("click", () => sheet.close());
  press("large", (on) => stage.large(on));
  press("sound-only", (on) => meeting?.onlySound(on));
  picker("call-pick", async (kind, id) => {
    await meeting?.use(kind, id);
    return "";
  });
  document.addEventListener("visibilitychange", () => {
    if (meeting && document.visibilityState === "visible") void keepAwake(); // a hidden page loses it
  });
  setInterval(() => {
    if (meeting && (around.waiting?.length ?? 0) > 0) void ask("state");
  }, lookAgain);
}

/** The choice of devices in a part of the page, filled when it is opened. */
function picker(id: string, choose: (kind: MediaDeviceKind, id: string) => Promise<string>): void {
  const details = element<HTMLDetailsElement>(id);
  const choices = [...details.querySelectorAll("select")];
  details.addEventListener("toggle", () => {
    for (const c of choices) void fillPicker(c, meeting?.using(c.dataset.pick as MediaDeviceKind) ?? "");
  });
  for (const c of choices) {
    c.addEventListener("change", () => {
      const trouble = choose(c.dataset.pick as MediaDeviceKind, c.value).catch(() => "error.devices");
      void trouble.then((t) => say(element(meeting ? "status" : "devices"), t && text(t)));
    });
  }
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
    const inside = await look(await readKeys(location.hash), badge);
    title(inside.title);
    const n = inside.people.length;
    say(element("present"), n === 0 ? text("in.none") : count("in", n, { names: inside.people.join(", ") }));
    if (badge && !inside.you) {
      badge = "";
      dropBadge();
      tell("error.badge");
    }
    showMember(inside.you);
  } catch (problem) {
    // Where there is no way to the server just now, whoever joins is told.
    if (problem instanceof Refused) tell(problem.sentence);
    return !(problem instanceof Refused);
  }
  return true;
}

/** Asks a guest for a name; a member has one. */
function showMember(name: string): void {
  element("as-guest").hidden = name !== "";
  element("as-member").hidden = name === "";
  say(element("member-name"), name && text("member", { name }));
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
  element("listen").setAttribute("aria-pressed", String(!devices.wanted.microphone && !devices.wanted.camera));
  if (!asked) {
    devices.wanted[kind] = on; // nothing is open: it counts when joining
    return;
  }
  const trouble = await devices.set(kind, on);
  element("listen").setAttribute("aria-pressed", String(!devices.wanted.microphone && !devices.wanted.camera));
  say(element("devices"), trouble && text(trouble));
}

/** Switches both off, or both on again. */
async function onlyListen(): Promise<void> {
  const on = element("listen").getAttribute("aria-pressed") === "true";
  for (const kind of kinds) if (devices.wanted[kind] !== on) await switchAtDoor(kind);
}

async function join(): Promise<void> {
  const name = nameField.value.trim();
  if (!name && element("as-member").hidden) return complain("error.name");
  if (meeting) return;
  tell("");
  joinButton.disabled = true;
  joinButton.textContent = text("joining");
  if (!asked) void openDevices();
  try {
    const keys = await readKeys(location.hash);
    const pass = await letIn(keys, name, badge, title);
    remember("name", name);
    meeting = new Meeting(frameWorker(), audience);
    await meeting.enter(keys, pass);
    entered = { keys, pass };
    enterStage(meeting);
    published = publish(meeting);
    await published;
  } catch (problem) {
    const sentence = problem instanceof Refused ? problem.sentence : problem instanceof NoWay ? "error.server" : "error.internal";
    leaveStage(sentence);
    if (sentence === "error.taken") complain(sentence);
  }
}

/** The worker that encrypts and decrypts, through the one policy that this page allows. */
function frameWorker(): Worker {
  return new Worker((workerPolicy?.createScriptURL("") as unknown as string) ?? workerAddress);
}

function enterStage(inside: Meeting): void {
  title(entered?.pass.title ?? "");
  door.hidden = true;
  call.hidden = false;
  document.body.classList.add("on-stage");
  for (const kind of kinds) turn(kind, devices.wanted[kind]);
  for (const who of [inside.me, ...inside.others]) audience.changed(who);
  element("call-title").focus();
  void ask("state");
  void keepAwake();
}

/** Publishes what was opened at the door and is still wanted. */
async function publish(inside: Meeting): Promise<void> {
  const tracks = await devices.hand();
  asked = undefined;
  const trouble = await inside.publish(tracks);
  if (inside !== meeting) return;
  if (trouble) say(element("status"), text(trouble));
  showOwn(inside);
}

/** Back to the door, with the sentence that says why. */
function leaveStage(sentence: string): void {
  meeting = undefined;
  entered = undefined;
  around = { hands: [], locked: false, entry: "" };
  stage.clear();
  if (sheet.open) sheet.close();
  for (const id of ["large", "sound-only", "hand", "share"]) element(id).setAttribute("aria-pressed", "false");
  stage.large(false);
  call.hidden = true;
  door.hidden = false;
  document.body.classList.remove("on-stage");
  joinButton.disabled = false;
  joinButton.textContent = text(sentence === "left" || sentence === "error.lost" ? "back" : "join");
  for (const id of ["status", "sound", "queue", "locked"]) element(id).hidden = true;
  if (!asked) {
    preview.hidden = true;
    say(element("nopicture"), text("picture.again"));
  }
  for (const kind of kinds) turn(`door-${kind}`, devices.wanted[kind]);
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

async function switchShare(): Promise<void> {
  const inside = meeting;
  if (!inside) return;
  const trouble = await inside.share(!inside.me.isScreenShareEnabled);
  if (inside !== meeting) return;
  say(element("status"), trouble && text(trouble));
  audience.changed(inside.me);
}

/** Shows oneself, and the switches as they really are. */
function showOwn(inside: Meeting): void {
  turn("microphone", inside.me.isMicrophoneEnabled);
  turn("camera", inside.me.isCameraEnabled);
  audience.changed(inside.me);
}

/** Has the server do something, and shows how things are then. */
async function ask(what: string, who = ""): Promise<void> {
  if (!entered) return;
  try {
    const state = await act(entered.keys, entered.pass, badge, what, who);
    audience.state(state);
  } catch (problem) {
    if (entered) say(element("status"), text(problem instanceof Refused ? problem.sentence : "error.noway"));
  }
}

const audience: Audience = {
  changed(who: Participant): void {
    if (!meeting || call.hidden) return;
    const isMe = who === meeting.me;
    stage.show(who, { isMe, isStranger: meeting.strangers.has(who.identity), isPoor: meeting.isPoor(who) });
    if (isMe) pressed("share", who.isScreenShareEnabled, "on");
    showPeople();
  },
  came(who: Participant): void {
    audience.changed(who);
    say(element("news"), text("came", { names: who.name ?? "" }));
  },
  went(who: Participant): void {
    stage.hide(who);
    showPeople();
    say(element("news"), text("went", { names: who.name ?? "" }));
  },
  speaking: (who) => stage.speaking(who),
  silenced: (isSo) => {
    element("sound").hidden = !isSo;
  },
  silencedByOthers(): void {
    if (!meeting) return;
    devices.wanted.microphone = false;
    turn("microphone", false);
    say(element("status"), text("muted.by"));
  },
  interrupted(isSo): void {
    say(element("status"), isSo ? text("reconnecting") : "");
    if (!isSo) void ask(element("hand").getAttribute("aria-pressed") === "true" ? "hand" : "state"); // the server may be a new one
  },
  state(state: State): void {
    const waited = new Set(around.waiting?.map((w) => w.id));
    around = { ...state, chair: state.chair ?? around.chair };
    const fresh = around.waiting?.find((w) => !waited.has(w.id));
    if (fresh) say(element("news"), text("waits", { name: fresh.name }));
    pressed("hand", meeting !== undefined && around.hands.includes(meeting.me.identity), "hand.mine");
    people.waiting(around);
    showPeople();
  },
  ended: (sentence) => leaveStage(sentence),
};

function showPeople(): void {
  if (!meeting || call.hidden) return;
  const { me, others } = meeting;
  say(element("count"), count("people", others.length + 1));
  element("alone").hidden = others.length > 0;
  stage.hands(around.hands);
  people.show([me, ...others], me, around);
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
