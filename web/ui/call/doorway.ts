// The page before the call: whose call it is, one's name, one's devices, and whether all of it will work.
import { count, element, say, text } from "../page";
import { tryNetwork } from "./check";
import { turn } from "./controls";
import { Devices, type Kind } from "./devices";
import { Refused, dropBadge, look, readKeys, recall, takeBadge } from "./door";
import { stopWaiting } from "./entrance";
import { Meter } from "./meter";
import { tellAll } from "./news";
import { picker } from "./picker";
import { playTone } from "./tone";
import { inOtherApp, spoken } from "./trouble";

export const kinds = ["microphone", "camera"] as const;

/** Doorway is what stands before the call, and what is there again after it. */
export class Doorway {
  readonly devices = new Devices();
  badge = ""; // of a member, from the personal link
  private asked: Promise<unknown> | undefined; // the question for camera and microphone, if it is open or answered
  private tried = false; // whether the network lets a call through
  private readonly meter = new Meter(element<HTMLMeterElement>("loud"));
  private readonly form = element<HTMLFormElement>("form");
  private readonly field = element<HTMLInputElement>("name");
  private readonly button = element<HTMLButtonElement>("join");
  private readonly preview = element<HTMLVideoElement>("preview");
  private readonly notice = element("notice");

  constructor(private readonly join: () => void) {}

  /** Opens the door page. */
  open(): void {
    this.badge = takeBadge();
    this.field.value = recall("name");
    this.listen();
    void this.arrive().then((found) => {
      if (found && !this.asked) void this.openDevices();
    });
    if (matchMedia("(pointer: fine)").matches) this.field.focus();
  }

  /** Says that no call is possible here, and gives the way to a browser where it is. */
  impossible(sentence: string): void {
    this.tell(inOtherApp() ? "error.app" : sentence);
    this.form.hidden = true;
    const copy = element("copy");
    copy.hidden = !navigator.clipboard;
    copy.addEventListener("click", () => {
      void navigator.clipboard.writeText(location.href).then(() => tellAll(element("copied"), text("copied")));
    });
  }

  /** The name that was typed; undefined if one is needed and there is none. */
  get name(): string | undefined {
    const name = this.field.value.trim();
    if (name || !element("as-member").hidden) return name;
    this.complain("error.name");
    return undefined;
  }

  /** Shows that the way in is being tried, and asks for the devices where nobody has. */
  enter(): void {
    this.tell("");
    say(element("network"), "");
    this.button.disabled = true;
    this.button.textContent = text("joining");
    if (!this.asked) void this.openDevices();
  }

  /** Hands over what was opened here and is still wanted. */
  async hand() {
    const tracks = await this.devices.hand();
    this.asked = undefined;
    return tracks;
  }

  /** The door page again, with the sentence that says why. */
  back(sentence: string): void {
    this.button.disabled = false;
    this.button.textContent = text(sentence === "left" || sentence === "error.lost" ? "back" : "join");
    if (!this.asked) {
      this.preview.hidden = true;
      say(element("nopicture"), text("picture.again"));
    }
    for (const kind of kinds) turn(`door-${kind}`, this.devices.wanted[kind]);
    this.tell(sentence);
    this.notice.focus();
    if (sentence === "error.taken") this.complain(sentence);
    if (sentence === "error.group") this.asGuest();
    if (sentence === "wait.theirs") this.field.focus();
  }

  /** Shows whose call it is. */
  title(of: string): void {
    const whole = of ? text("with", { title: of }) : text("title");
    document.title = whole;
    element("title").textContent = whole;
    element("call-title").textContent = of || whole;
  }

  private listen(): void {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.join();
    });
    this.field.addEventListener("input", () => this.complain(""));
    for (const kind of kinds) element(`door-${kind}`).addEventListener("click", () => void this.switch(kind));
    element("listen").addEventListener("click", () => void this.onlyListen());
    element("tone").addEventListener("click", () => {
      playTone();
      tellAll(element("heard"), text("tone.heard"));
    });
    element("wait-no").addEventListener("click", stopWaiting);
    element("not-me").addEventListener("click", () => {
      dropBadge();
      this.badge = "";
      this.showMember("");
      this.field.focus();
    });
    addEventListener("hashchange", () => {
      this.badge = takeBadge();
      void this.arrive();
    });
    const deviceOf = (kind: MediaDeviceKind): Kind => (kind === "audioinput" ? "microphone" : "camera");
    picker("door-pick", (kind) => this.devices.using(deviceOf(kind)), (kind, id) => {
      void this.devices.choose(deviceOf(kind), id).then((trouble) => this.ofDevices(trouble));
    });
    this.devices.onpicture = (track) => {
      if (track) track.attach(this.preview);
      this.preview.hidden = !track;
      this.preview.classList.add("mirrored");
      say(element("nopicture"), track ? "" : text("picture.off"));
    };
    this.devices.onsound = (track) => this.meter.listen(track?.mediaStreamTrack);
  }

  /** Looks through the door: whose call this is, who is in, or, then false, that the link is wrong. */
  private async arrive(): Promise<boolean> {
    this.tell("");
    this.title("");
    say(element("present"), "");
    try {
      const inside = await look(await readKeys(location.hash), this.badge);
      this.title(inside.title);
      const n = inside.people.length;
      say(element("present"), n === 0 ? text("in.none") : count("in", n, { names: inside.people.join(", ") }));
      if (inside.unsure) {
        this.tell("error.group");
        this.asGuest();
      } else if (this.badge && !inside.you) {
        this.badge = "";
        dropBadge();
        this.tell("error.badge");
      }
      this.showMember(inside.you);
      if (inside.check) void this.tryOnce(inside.check);
    } catch (problem) {
      // Where there is no way to the server just now, whoever joins is told.
      if (problem instanceof Refused) this.tell(problem.sentence);
      return !(problem instanceof Refused);
    }
    return true;
  }

  /** Finds out once whether the network lets a call through, and says so while somebody is still at the door. */
  private async tryOnce(token: string): Promise<void> {
    if (this.tried) return;
    this.tried = true;
    const trouble = await tryNetwork(token);
    if (!this.button.disabled) tellAll(element("network"), spoken(trouble));
  }

  /** Asks a guest for a name; a member has one. */
  private showMember(name: string): void {
    element("as-guest").hidden = name !== "";
    element("as-member").hidden = name === "";
    say(element("member-name"), name && text("member", { name }));
  }

  /** Has a member come in as a guest this once, whose badge cannot be looked at. */
  private asGuest(): void {
    this.badge = "";
    this.showMember("");
    this.field.focus();
  }

  private async openDevices(): Promise<void> {
    const opened = this.devices.open();
    this.asked = opened;
    this.ofDevices(await opened);
    if (this.preview.hidden) say(element("nopicture"), text("picture.off"));
  }

  private async switch(kind: Kind): Promise<void> {
    const on = !this.devices.wanted[kind];
    turn(`door-${kind}`, on);
    if (this.asked) {
      const done = this.devices.set(kind, on);
      this.showListening();
      this.ofDevices(await done);
    } else {
      this.devices.wanted[kind] = on; // nothing is open: it counts when joining
      this.showListening();
    }
  }

  private showListening(): void {
    const { microphone, camera } = this.devices.wanted;
    element("listen").setAttribute("aria-pressed", String(!microphone && !camera));
  }

  /** Switches both off, or both on again. */
  private async onlyListen(): Promise<void> {
    const on = element("listen").getAttribute("aria-pressed") === "true";
    for (const kind of kinds) if (this.devices.wanted[kind] !== on) await this.switch(kind);
  }

  /** Shows the switches as the devices really are, and what is wrong with them. */
  private ofDevices(trouble: string): void {
    for (const kind of kinds) turn(`door-${kind}`, this.devices.wanted[kind]);
    this.showListening();
    tellAll(element("devices"), spoken(trouble));
  }

  /** Says a sentence above the form. What went wrong has a sign and a colour. */
  private tell(sentence: string): void {
    this.notice.classList.toggle("bad", sentence.startsWith("error."));
    tellAll(this.notice, spoken(sentence));
  }

  private complain(sentence: string): void {
    say(element("name-error"), sentence && text(sentence));
    this.field.setAttribute("aria-invalid", String(sentence !== ""));
    if (sentence) this.field.focus();
  }
}
