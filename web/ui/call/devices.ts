// Camera and microphone before the call: asked for once, shown, and switched off for real.
import {
  type AudioCaptureOptions,
  LocalAudioTrack,
  LocalVideoTrack,
  type VideoCaptureOptions,
  createLocalTracks,
} from "livekit-client";

/** How sound and picture are taken, before the call and in it. */
export const sound: AudioCaptureOptions = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
export const picture: VideoCaptureOptions = {
  resolution: { width: 960, height: 540, frameRate: 25 },
  facingMode: "user",
};

export type Kind = "microphone" | "camera";

/** Devices holds the tracks that a call will publish. */
export class Devices {
  readonly wanted: Record<Kind, boolean> = { microphone: true, camera: true };
  private tracks: { microphone?: LocalAudioTrack; camera?: LocalVideoTrack } = {};
  private work: Promise<unknown> = Promise.resolve();

  /** Called when there is another own picture, or none any more. */
  onpicture: (track?: LocalVideoTrack) => void = () => {};

  /**
   * Opens what is wanted, with one question for both. Works with one of them, and with none:
   * then it returns the sentence about what is missing, else "".
   */
  open(): Promise<string> {
    return this.inTurn(async () => {
      let problem = await this.take(this.wanted.microphone, this.wanted.camera);
      if (problem) {
        const blocked = problem.name === "NotAllowedError";
        await this.take(this.wanted.microphone, false);
        problem = await this.take(false, this.wanted.camera);
        if (this.missing("microphone") && this.missing("camera")) return blocked ? "error.blocked" : "error.devices";
      }
      if (this.missing("microphone")) return "error.microphone";
      return this.missing("camera") ? "error.camera" : "";
    });
  }

  /** Switches one of them on or off; returns the sentence about what went wrong, else "". */
  set(kind: Kind, on: boolean): Promise<string> {
    this.wanted[kind] = on;
    return this.inTurn(async () => {
      if (!on) this.drop(kind);
      else await this.take(kind === "microphone", kind === "camera");
      return this.missing(kind) ? `error.${kind}` : "";
    });
  }

  /** Hands over the tracks that are still wanted, once no question is open. Whoever takes them stops them. */
  hand(): Promise<(LocalAudioTrack | LocalVideoTrack)[]> {
    return this.inTurn(async () => {
      for (const kind of ["microphone", "camera"] as const) if (!this.wanted[kind]) this.drop(kind);
      const { microphone, camera } = this.tracks;
      this.tracks = {};
      return [microphone, camera].filter((t) => t !== undefined);
    });
  }

  private missing(kind: Kind): boolean {
    return this.wanted[kind] && !this.tracks[kind];
  }

  private async take(microphone: boolean, camera: boolean): Promise<Error | undefined> {
    const audio = microphone && !this.tracks.microphone && sound;
    const video = camera && !this.tracks.camera && picture;
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
    return undefined;
  }

  private drop(kind: Kind): void {
    this.tracks[kind]?.stop();
    this.tracks[kind] = undefined;
    if (kind === "camera") this.onpicture(undefined);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.work.then(work);
    this.work = done.catch(() => undefined);
    return done;
  }
}
