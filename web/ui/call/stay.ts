// The page in the call: from the way in to the sentence at the end.
import type { Participant, RemoteParticipant } from "livekit-client";
import { count, element, say, text } from "../page";
import { pause } from "./comeback";
import { press, pressed, turn } from "./controls";
import type { Kind } from "./devices";
import { type Keys, NoWay, type Pass, Refused, type State, act, badgeOf, keepBadge, readKeys, remember } from "./door";
import { type Doorway, kinds } from "./doorway";
import { letIn } from "./entrance";
import { type Audience, Meeting } from "./meeting";
import { announce, readOutIn, tellAll } from "./news";
import { People } from "./people";
import { picker } from "./picker";
import { Stage } from "./stage";
import { spoken } from "./trouble";
import { Votes } from "./votes";

const askAgain = 3_000; // milliseconds, or up to twice that, after a question that did not get through
const lookAgain = 10_000; // milliseconds between two questions of those in the call, while somebody waits at the door
const raiseEvery = 500; // between two attempts to raise one's hand again
const comesBack = 10_000; // within which somebody is back who was lost together with the connection

/** Stay is everything between two looks at the door page. */
export class Stay implements Audience {
  private readonly stage = new Stage();
  private readonly people = new People((what, who) => void this.ask(what, who));
  private readonly votes = new Votes(announce);
  private readonly call = element("call");
  private readonly sheet = element<HTMLDialogElement>("sheet");
  private meeting: Meeting | undefined;
  private entered: { keys: Keys; pass: Pass } | undefined;
  private around: State = nothingYet();
  private published: Promise<void> = Promise.resolve(); // what was opened at the door is in the call
  private away = false; // no connection just now
  private readonly lost = new Map<string, string>(); // with it: names by identity, whose tiles stay meanwhile
  private handUp = false; // as long as there was one: a server that began anew knows of no hands
  private again = 0; // the timer of a question that did not get through
  private awake: WakeLockSentinel | undefined;

  constructor(
    private readonly door: Doorway,
    private readonly worker: () => Worker,
  ) {}

  /** Goes in, if the door opens. */
  async join(): Promise<void> {
    const { door } = this;
    const name = door.name;
    if (name === undefined || this.meeting) return;
    door.enter();
    try {
      const keys = await readKeys(location.hash);
      const pass = await letIn(keys, name, door.badge, (of) => door.title(of));
      if (pass.keep) keepBadge((door.badge = pass.keep));
      else remember("name", name);
      const inside = (this.meeting = new Meeting(this.worker(), this, door.devices));
      await inside.enter(keys, pass);
      this.entered = { keys, pass };
      this.arrive(inside);
      if (pass.note) this.tell(pass.note);
      this.published = this.publish(inside);
      await this.published;
    } catch (problem) {
      const sentence = problem instanceof Refused ? problem.sentence : problem instanceof NoWay ? "error.server" : "error.internal";
      this.ended(sentence);
    }
  }

  /** Listens to the controls. */
  listen(): void {
    for (const kind of kinds) element(kind).addEventListener("click", () => void this.switch(kind));
    element("leave").addEventListener("click", () => void this.meeting?.leave());
    element("sound-on").addEventListener("click", () => void this.meeting?.hear());
    element("hand").addEventListener("click", () => {
      const up = element("hand").getAttribute("aria-pressed") === "true";
      if (up) this.handUp = false; // also where there is no line just now
      void this.ask(up ? "lower" : "hand");
    });
    element("lock").addEventListener("click", () => void this.ask(this.around.locked ? "unlock" : "lock"));
    const share = element("share");
    share.hidden = !("getDisplayMedia" in navigator.mediaDevices);
    share.addEventListener("click", () => void this.share());
    element("more").addEventListener("click", () => {
      this.sheet.showModal();
      readOutIn(this.sheet);
    });
    this.sheet.addEventListener("close", () => readOutIn(document.body));
    element("sheet-close").addEventListener("click", () => this.sheet.close());
    press("large", (on) => this.stage.large(on));
    press("sound-only", (on) => this.meeting?.onlySound(on));
    picker("call-pick", (kind) => this.meeting?.using(kind) ?? "", (kind, id) => void this.use(kind, id));
    document.addEventListener("visibilitychange", () => {
      if (this.meeting && document.visibilityState === "visible") void this.keepAwake(); // a hidden page loses it
    });
    setInterval(() => {
      if (this.meeting && (this.around.waiting?.length ?? 0) > 0) void this.ask("state");
    }, lookAgain);
  }

  private arrive(inside: Meeting): void {
    this.door.title(this.entered?.pass.title ?? "");
    element("door").hidden = true;
    this.call.hidden = false;
    document.body.classList.add("on-stage");
    for (const kind of kinds) turn(kind, this.door.devices.wanted[kind]);
    for (const who of [inside.me, ...inside.others]) this.changed(who);
    element("call-title").focus();
    void this.ask("state");
    void this.keepAwake();
  }

  /** Publishes what was opened at the door and is still wanted. */
  private async publish(inside: Meeting): Promise<void> {
    const trouble = await inside.publish(await this.door.hand());
    if (inside !== this.meeting) return;
    if (trouble) this.tell(trouble);
    this.showOwn(inside);
  }

  /** Switches in the call. Until the devices are there it only says what is wanted of them. */
  private async switch(kind: Kind): Promise<void> {
    const inside = this.meeting;
    if (!inside) return;
    const { wanted } = this.door.devices;
    wanted[kind] = element(kind).getAttribute("aria-checked") !== "true";
    turn(kind, wanted[kind]);
    await this.published;
    const trouble = inside === this.meeting ? await inside.set(kind, wanted[kind]) : "";
    if (inside !== this.meeting) return;
    this.tell(trouble);
    this.showOwn(inside, [kind]); // the other one may be waiting for the line
  }

  /** Uses another device from now on, also when one comes back in. */
  private async use(kind: MediaDeviceKind, id: string): Promise<void> {
    const inside = this.meeting;
    if (!inside) return;
    const trouble = await inside.use(kind, id);
    if (!trouble) this.door.devices.chosen[kind] = id;
    if (inside === this.meeting) this.tell(trouble);
  }

  private async share(): Promise<void> {
    const inside = this.meeting;
    if (!inside) return;
    const trouble = await inside.share(!inside.me.isScreenShareEnabled);
    if (inside !== this.meeting) return;
    this.tell(trouble);
    this.changed(inside.me);
  }

  /** Shows oneself, and the switches as they really are. */
  private showOwn(inside: Meeting, switches: readonly Kind[] = kinds): void {
    const isOn = { microphone: inside.me.isMicrophoneEnabled, camera: inside.me.isCameraEnabled };
    for (const kind of switches) turn(kind, isOn[kind]);
    this.changed(inside.me);
  }

  /** Has the server do something, and shows how things are then. */
  private async ask(what: string, who = ""): Promise<void> {
    if (!this.entered) return;
    const { keys, pass } = this.entered;
    try {
      const state = await act(keys, pass, this.door.badge, what, who);
      if (this.entered?.pass !== pass) return;
      if (element("status").textContent === spoken("error.noway")) this.tell("");
      this.take(state);
    } catch (problem) {
      if (this.entered?.pass !== pass) return;
      this.tell(problem instanceof Refused ? problem.sentence : "error.noway");
      // What is new is said once: who does not get through asks again.
      if (what !== "state" || !(problem instanceof NoWay)) return;
      clearTimeout(this.again);
      this.again = window.setTimeout(() => void this.ask(what), askAgain * (1 + Math.random()));
    }
  }

  changed(who: Participant): void {
    const { meeting } = this;
    if (!meeting || this.call.hidden || (this.away && who !== meeting.me)) return;
    const isMe = who === meeting.me;
    if (!isMe && !meeting.others.includes(who as RemoteParticipant)) return; // old news of who has gone meanwhile
    const badge = badgeOf(who.identity, this.around.badges);
    this.stage.show(who, { isMe, isStranger: meeting.strangers.has(who.identity), isPoor: meeting.isPoor(who), badge });
    if (isMe) pressed("share", who.isScreenShareEnabled, "on");
    this.showPeople();
  }

  came(who: Participant): void {
    if (!this.meeting?.others.includes(who as RemoteParticipant)) return;
    const isBack = this.lost.delete(who.identity);
    this.changed(who);
    if (!isBack) announce(text("came", { names: who.name ?? "" }));
  }

  /** Takes somebody off. If it is oneself who has no connection, all stay where they are: most are back in a moment. */
  went(who: Participant): void {
    if (this.away) {
      this.lost.set(who.identity, who.name ?? "");
      return;
    }
    this.takeOff(who.identity, who.name);
  }

  private takeOff(identity: string, name = ""): void {
    this.lost.delete(identity);
    this.stage.hide(identity);
    this.showPeople();
    announce(text("went", { names: name }));
  }

  speaking(who: Participant[]): void {
    this.stage.speaking(who);
  }

  silenced(isSo: boolean): void {
    element("sound").hidden = !isSo;
    if (isSo) announce(text("sound.why"));
  }

  switchedOff(why: string): void {
    if (!this.meeting) return;
    this.door.devices.wanted.microphone = false;
    turn("microphone", false);
    this.tell(why);
  }

  interrupted(isSo: boolean): void {
    this.away = isSo;
    if (isSo) this.around.at = 0; // a server that began anew counts anew
    this.tell(isSo ? "reconnecting" : "");
    const { meeting } = this;
    if (isSo || !meeting) return;
    for (const who of [meeting.me, ...meeting.others]) this.changed(who);
    void (this.handUp ? this.raiseAgain(meeting) : this.ask("state"));
    setTimeout(() => {
      if (!this.away) for (const [identity, name] of this.lost) this.takeOff(identity, name);
    }, comesBack);
  }

  /** Raises one's hand again for a server that knows of none; it takes none before it knows that one is back. */
  private async raiseAgain(inside: Meeting): Promise<void> {
    for (const until = Date.now() + comesBack; Date.now() < until; await pause(raiseEvery)) {
      if (inside !== this.meeting) return;
      await this.ask("hand");
      if (this.away) this.handUp = true; // for the next time
      if (this.handUp) return;
    }
  }

  /**
   * What the server tells everybody. The ways to ballots are each one's own: they have to be asked for, as has what
   * comes with being something else to the group. Who is not told what a vote is about is no member any more.
   */
  state(state: State): void {
    const me = this.meeting?.me.identity ?? "";
    if (this.votes.areNew(state.votes ?? []) || state.badges?.[me] !== this.around.badges?.[me]) return void this.ask("state");
    const ballots = new Map(this.around.votes?.map((v) => [v.id, v.ballot]));
    this.take({ ...state, votes: state.votes?.map((v) => ({ ...v, ballot: v.title && ballots.get(v.id) })) });
  }

  private take(state: State): void {
    const { around, meeting } = this;
    const isOvertaken = (state.at ?? Infinity) < (around.at ?? 0);
    this.around = { ...(isOvertaken ? around : state), chair: state.chair ?? around.chair }; // that only an answer says
    if (isOvertaken) return this.showPeople();
    const waited = new Set(around.waiting?.map((w) => w.id));
    const fresh = state.waiting?.find((w) => !waited.has(w.id));
    if (fresh) announce(text("waits", { name: fresh.name }));
    const up = meeting !== undefined && state.hands.includes(meeting.me.identity);
    if (!this.away) this.handUp = up;
    pressed("hand", up, "hand.mine");
    this.votes.show(state.votes ?? []);
    this.people.waiting(this.around);
    if (JSON.stringify(state.badges) !== JSON.stringify(around.badges) && meeting) {
      for (const who of [meeting.me, ...meeting.others]) this.changed(who);
    }
    this.showPeople();
  }

  private showPeople(): void {
    if (!this.meeting || this.call.hidden || this.away) return;
    const { me, others } = this.meeting;
    say(element("count"), count("people", others.length + 1));
    element("alone").hidden = others.length + this.lost.size > 0;
    this.stage.hands(this.around.hands);
    this.people.show([me, ...others], me, this.around);
  }

  /** Back to the door, with the sentence that says why. */
  ended(sentence: string): void {
    this.meeting = undefined;
    this.entered = undefined;
    this.around = nothingYet();
    this.away = this.handUp = false;
    this.lost.clear();
    this.votes.show([]);
    this.stage.clear();
    if (this.sheet.open) this.sheet.close();
    for (const id of ["large", "sound-only", "hand", "share"]) element(id).setAttribute("aria-pressed", "false");
    this.stage.large(false);
    this.call.hidden = true;
    element("door").hidden = false;
    document.body.classList.remove("on-stage");
    for (const id of ["status", "sound", "queue", "locked"]) element(id).hidden = true;
    void this.awake?.release();
    this.awake = undefined;
    this.door.back(sentence);
  }

  /** Says a sentence above the faces. None does not take away the one that there is no connection. */
  private tell(trouble: string): void {
    if (trouble || !this.away) tellAll(element("status"), spoken(trouble));
  }

  /** Keeps a phone's screen on while the call runs. */
  private async keepAwake(): Promise<void> {
    try {
      this.awake = await navigator.wakeLock.request("screen");
    } catch {
      // the phone says no: the call goes on
    }
  }
}

function nothingYet(): State {
  return { hands: [], locked: false, entry: "" };
}
