// Camera and microphone before the call: asked for once, shown, and switched off for real.
import {
  type AudioCaptureOptions,
  LocalAudioTrack,
  LocalVideoTrack,
  type VideoCaptureOptions,
  createLocalTracks,
} from "livekit-client";
import { deviceTrouble } from "./trouble";

/** How sound and picture are taken, before the call and in it; with which device, [Devices] says. */
const sound: AudioCaptureOptions = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const picture: VideoCaptureOptions = {
  resolution: { width: 960, height: 540, frameRate: 25 },
  facingMode: "user",
};

export type Kind = "microphone" | "camera";

const inputs = { microphone: "audioinput", camera: "videoinput" } as const;

/** Devices holds the tracks that a call will publish. */
export class Devices {
  readonly wanted: Record<Kind, boolean> = { microphone: true, camera: true };
  private tracks: { microphone?: LocalAudioTrack; camera?: LocalVideoTrack } = {};
  private work: Promise<unknown> = Promise.resolve();

  /** Called when there is another own picture, or none any more. */
  onpicture: (track?: LocalVideoTrack) => void = () => {};
  /** Called when there is another microphone, or none any more. */
  onsound: (track?: LocalAudioTrack) => void = () => {};
  /** What somebody has chosen, at the door or in the call; "" is what the browser takes. */
  readonly chosen: Record<MediaDeviceKind, string> = { audioinput: "", videoinput: "", audiooutput: "" };

  /** How sound is taken. */
  get sound(): AudioCaptureOptions {
    return { ...sound, ...(this.chosen.audioinput && { deviceId: this.chosen.audioinput }) };
  }

  /** How pictures are taken. */
  get picture(): VideoCaptureOptions {
    return { ...picture, ...(this.chosen.videoinput && { deviceId: this.chosen.videoinput }) };
  }

  /** The device in use, or that will be. */
  using(kind: Kind): string {
    return this.tracks[kind]?.mediaStreamTrack.getSettings().deviceId ?? this.chosen[inputs[kind]];
  }

  /** Takes another device from now on; returns the sentence about what went wrong, else "". */
  choose(kind: Kind, id: string): Promise<string> {
    this.chosen[inputs[kind]] = id;
    return this.inTurn(async () => {
      if (!this.tracks[kind]) return "";
      this.drop(kind);
      return this.outcome(kind, await this.take(kind === "microphone", kind === "camera"));
    });
  }

  /**
   * Opens what is wanted, with one question for both. Works with one of them, and with none:
   * then it returns the sentence about what is missing, else "".
   */
  open(): Promise<string> {
    return this.inTurn(async () => {
      const both = await this.take(this.wanted.microphone, this.wanted.camera);
      if (!both) return "";
      const ear = await this.take(this.wanted.microphone, false);
      const eye = await this.take(false, this.wanted.camera);
      const without = [this.outcome("microphone", ear), this.outcome("camera", eye)].filter((trouble) => trouble);
      return without.length === 2 ? deviceTrouble("devices", both) : (without[0] ?? "");
    });
  }

  /** Switches one of them on or off; returns the sentence about what went wrong, else "". */
  set(kind: Kind, on: boolean): Promise<string> {
    this.wanted[kind] = on;
    return this.inTurn(async () => {
      if (!on) this.drop(kind);
      return this.outcome(kind, on ? await this.take(kind === "microphone", kind === "camera") : undefined);
    });
  }

  /** Hands over the tracks that are still wanted, once no question is open. Whoever takes them stops them. */
  hand(): Promise<(LocalAudioTrack | LocalVideoTrack)[]> {
    return this.inTurn(async () => {
      for (const kind of ["microphone", "camera"] as const) if (!this.wanted[kind]) this.drop(kind);
      const { microphone, camera } = this.tracks;
      this.tracks = {};
      this.onsound(undefined);
      return [microphone, camera].filter((t) => t !== undefined);
    });
  }

  /** What came of opening one of them: one that does not open is off, and may be switched on again. */
  private outcome(kind: Kind, problem?: Error): string {
    if (!this.wanted[kind] || this.tracks[kind]) return "";
    this.wanted[kind] = false;
    return deviceTrouble(kind, problem);
  }

  private async take(microphone: boolean, camera: boolean): Promise<Error | undefined> {
    const audio = microphone && !this.tracks.microphone && this.sound;
    const video = camera && !this.tracks.camera && this.picture;
    if (!audio && !video) return undefined;
    try {
      for (const track of await createLocalTracks({ audio, video })) {
        if (track instanceof LocalAudioTrack) this.tracks.microphone = track;
        if (track instanceof LocalVideoTrack) this.tracks.camera = track;
      }
    } catch (problem) {
      return problem as Error;
    }
    for (const kind of ["microphone", "camera"] as const) {
      if (!this.wanted[kind]) this.drop(kind); // switched off while the browser asked
    }
    if (this.tracks.camera) this.onpicture(this.tracks.camera);
    if (this.tracks.microphone) this.onsound(this.tracks.microphone);
    return undefined;
  }

  private drop(kind: Kind): void {
    this.tracks[kind]?.stop();
    this.tracks[kind] = undefined;
    if (kind === "camera") this.onpicture(undefined);
    else this.onsound(undefined);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.work.then(work);
    this.work = done.catch(() => undefined);
    return done;
  }
}

/** Fills a choice with the devices there are, by the names that the browser tells once it may. */
export async function fillPicker(select: HTMLSelectElement, using: string): Promise<void> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const mine = all.filter((d) => d.kind === select.dataset.pick && d.deviceId);
  select.replaceChildren(
    ...mine.map((d, i) => {
      const option = document.createElement("option");
      option.value = d.deviceId;
      option.textContent = d.label || String(i + 1);
      option.selected = d.deviceId === using;
      return option;
    }),
  );
  if (select.parentElement) select.parentElement.hidden = mine.length === 0;
}
