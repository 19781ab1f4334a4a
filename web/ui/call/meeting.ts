// One stay in a call. Nothing is published before the encryption is confirmed, nothing that
// is not encrypted is played, and whoever has another key is left out.
import {
  ConnectionQuality,
  ConnectionState,
  DisconnectReason,
  ExternalE2EEKeyProvider,
  LocalAudioTrack,
  LocalVideoTrack,
  type Participant,
  RemoteParticipant,
  RemoteTrack,
  type RemoteTrackPublication,
  Room,
  RoomEvent,
  Track,
  type TrackPublication,
  VideoPreset,
} from "livekit-client";
import { type Lost, pause, soonAndThenSeldom, whenThere } from "./comeback";
import type { Devices, Kind } from "./devices";
import { type Keys, type Pass, Refused, type State } from "./door";
import { deviceTrouble } from "./trouble";

const patience = 15_000;
/** The smaller layers of a camera. The smallest leaves room for everybody's sound on a line of 300 kbit/s. */
const small = new VideoPreset(320, 180, 90_000, 15);
const middle = new VideoPreset(640, 360, 350_000, 20);
const startOfEncryption = 8_000;

/** What a meeting tells the page. */
export interface Audience {
  /** Somebody's sound, picture or state has changed. */
  changed(who: Participant): void;
  came(who: Participant): void;
  went(who: Participant): void;
  speaking(who: Participant[]): void;
  /** The browser holds the sound back until somebody presses a button. */
  silenced(isSo: boolean): void;
  interrupted(isSo: boolean): void;
  /** How things are around the call, as the server says. */
  state(state: State): void;
  /** The own microphone has gone off, not by oneself: the sentence that says why. */
  switchedOff(why: string): void;
  /** The stay is over: the sentence that says why. */
  ended(sentence: string): void;
}

const kindOf: Partial<Record<Track.Source, Kind>> = {
  [Track.Source.Camera]: "camera",
  [Track.Source.Microphone]: "microphone",
};

/** What the page says after an end, where it was not a broken connection. */
const endings = new Map<DisconnectReason | undefined, string>([
  [DisconnectReason.CLIENT_INITIATED, "left"],
  [DisconnectReason.PARTICIPANT_REMOVED, "removed"],
  [DisconnectReason.ROOM_DELETED, "over"],
  [DisconnectReason.DUPLICATE_IDENTITY, "error.lost"],
]);

/** A meeting from the click to the leaving; it cannot be used twice. */
export class Meeting {
  /** Identities of those who send with another key, or without one. */
  readonly strangers = new Set<string>();
  private readonly room: Room;
  private readonly worker: Worker;
  private readonly keys = new ExternalE2EEKeyProvider();
  private readonly encrypted: Promise<void>;
  private confirm: () => void = () => {};
  private confirmed = false;
  private readonly earlier = new Set<string>();
  private verdict = "";
  private over = false;
  private soundOnly = false;
  private readonly wanted = new Map<Kind, boolean>();
  private readonly lost: Lost = new Map();
  private away: Promise<void> | undefined; // until there is a line again, or the stay is over
  private isBack: () => void = () => {};

  constructor(
    worker: Worker,
    private readonly audience: Audience,
    { sound, picture, chosen }: Devices,
  ) {
    this.worker = worker;
    this.encrypted = new Promise((resolve) => (this.confirm = resolve));
    this.room = new Room({
      encryption: { keyProvider: this.keys, worker },
      singlePeerConnection: false,
      reconnectPolicy: soonAndThenSeldom,
      adaptiveStream: true,
      dynacast: true,
      audioCaptureDefaults: sound,
      videoCaptureDefaults: picture,
      audioOutput: { deviceId: chosen.audiooutput },
      publishDefaults: {
        simulcast: true,
        videoCodec: "vp8",
        backupCodec: false,
        videoEncoding: { maxBitrate: 900_000, maxFramerate: 25 },
        videoSimulcastLayers: [small, middle],
      },
    });
    this.watch();
  }

  /** Goes in; throws [Refused] with the sentence if that does not work within 15 s. */
  async enter(keys: Keys, pass: Pass): Promise<void> {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), patience);
    const tooLate = new Promise<never>((_, reject) =>
      stop.signal.addEventListener("abort", () => reject(new Refused("error.server"))),
    );
    try {
      await Promise.race([this.connect(keys, pass), tooLate]);
    } catch (problem) {
      this.verdict ||= problem instanceof Refused ? problem.sentence : "error.server";
      await this.close();
      throw new Refused(this.verdict);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Publishes what was opened at the door; returns the sentence about what could not be, else "". */
  async publish(tracks: (LocalAudioTrack | LocalVideoTrack)[]): Promise<string> {
    await this.encrypted;
    const troubles = await Promise.all(
      tracks.map(async (track) => {
        const [source, kind]: [Track.Source, Kind] =
          track instanceof LocalVideoTrack
            ? [Track.Source.Camera, "camera"]
            : [Track.Source.Microphone, "microphone"];
        try {
          if (this.over) track.stop();
          else await this.me.publishTrack(track, { source });
          return "";
        } catch (problem) {
          track.stop();
          return deviceTrouble(kind, problem);
        }
      }),
    );
    return troubles.find((trouble) => trouble) ?? "";
  }

  /**
   * Switches microphone or camera; returns the sentence about what went wrong, else "". Off is at once; on is when there
   * is a line, if it is still wanted then.
   */
  async set(kind: Kind, on: boolean): Promise<string> {
    this.wanted.set(kind, on);
    await this.encrypted;
    if (on) await this.away;
    if (this.over || this.wanted.get(kind) !== on) return "";
    try {
      if (kind === "microphone") await this.me.setMicrophoneEnabled(on);
      else await this.me.setCameraEnabled(on);
    } catch (problem) {
      return deviceTrouble(kind, problem);
    }
    return "";
  }

  /** The microphone is off: if that was not wanted, because it has gone, or because of somebody who moderates. */
  private wentOff(publication: TrackPublication): void {
    if (this.wanted.get("microphone") === false) return;
    this.wanted.set("microphone", false);
    const isGone = publication.track?.mediaStreamTrack.readyState === "ended";
    this.audience.switchedOff(isGone ? "microphone.gone" : "muted.by");
  }

  get me() {
    return this.room.localParticipant;
  }

  get others(): RemoteParticipant[] {
    return [...this.room.remoteParticipants.values()];
  }

  /** Shares the screen, or ends that; returns the sentence about what went wrong, else "". */
  async share(on: boolean): Promise<string> {
    await this.encrypted;
    try {
      await this.me.setScreenShareEnabled(on, { audio: true, selfBrowserSurface: "exclude" });
    } catch (problem) {
      return (problem as Error).name === "NotAllowedError" ? "" : "error.share"; // who calls it off knows
    }
    return "";
  }

  /** Takes no pictures from anybody, or all again. */
  onlySound(on: boolean): void {
    this.soundOnly = on;
    for (const who of this.others) for (const p of who.trackPublications.values()) this.choose(p as RemoteTrackPublication, who);
  }

  /** Uses another microphone, camera or loudspeaker from now on; returns what went wrong, else "". */
  async use(kind: MediaDeviceKind, id: string): Promise<string> {
    try {
      await this.room.switchActiveDevice(kind, id);
    } catch (problem) {
      return deviceTrouble("devices", problem);
    }
    return "";
  }

  using(kind: MediaDeviceKind): string {
    const source = kind === "audioinput" ? Track.Source.Microphone : Track.Source.Camera;
    const own = kind === "audiooutput" ? undefined : this.me.getTrackPublication(source)?.track;
    const live = own && !own.isMuted ? own.mediaStreamTrack : undefined; // another one is taken only when it is on again
    return live?.getSettings().deviceId ?? this.room.getActiveDevice(kind) ?? "";
  }

  /** Whether somebody's connection is bad, as the server counts. */
  isPoor(who: Participant): boolean {
    return who.connectionQuality === ConnectionQuality.Poor || who.connectionQuality === ConnectionQuality.Lost;
  }

  /** Subscribes to what is wanted of somebody. */
  private choose(publication: RemoteTrackPublication, who: RemoteParticipant): void {
    const unwanted = this.strangers.has(who.identity) || (this.soundOnly && publication.kind === Track.Kind.Video);
    publication.setSubscribed(!unwanted);
  }

  /** Lets the sound out; works only in a click. */
  async hear(): Promise<void> {
    await this.room.startAudio();
  }

  async leave(sentence = "left"): Promise<void> {
    this.verdict ||= sentence;
    await this.close();
  }

  private async connect(keys: Keys, pass: Pass): Promise<void> {
    await this.keys.setKey(keys.frames);
    await this.room.setE2EEEnabled(true);
    await this.room.connect(location.origin.replace(/^http/, "ws"), pass.token, {
      peerConnectionTimeout: patience,
      websocketTimeout: patience,
      maxRetries: 0,
    });
    for (const identity of this.room.remoteParticipants.keys()) this.earlier.add(identity);
    await this.encrypted;
    if (this.over) throw new Refused(this.verdict);
  }

  private watch(): void {
    const tell = (_: unknown, who: Participant) => this.audience.changed(who);
    this.room
      .on(RoomEvent.SignalConnected, () => {
        this.expectEncryption();
        const begins = () => {
          this.away ??= new Promise((resolve) => (this.isBack = resolve));
          this.audience.interrupted(true);
        };
        whenThere(this.room, () => this.over, begins, this.lost);
      })
      .on(RoomEvent.ParticipantEncryptionStatusChanged, (on, who) => this.encryption(on, who))
      .on(RoomEvent.EncryptionError, (problem, who) => void this.undecipherable(problem, who))
      .on(RoomEvent.TrackPublished, (publication, who) => this.admit(publication, who))
      .on(RoomEvent.TrackSubscribed, (track, publication, who) => this.subscribed(track, publication, who))
      .on(RoomEvent.TrackUnsubscribed, (track, _, who) => {
        if (track.kind === Track.Kind.Audio) for (const player of track.detach()) player.remove();
        this.audience.changed(who);
      })
      .on(RoomEvent.TrackMuted, (publication, who) => {
        tell(publication, who);
        if (who === this.me && publication.source === Track.Source.Microphone) this.wentOff(publication);
      })
      .on(RoomEvent.ConnectionQualityChanged, tell)
      .on(RoomEvent.DataReceived, (payload, from, _kind, topic, _encryption, identity) => {
        // What the server says comes from nobody: not even from somebody whom this page has not been told of.
        if (!from && !identity && topic === "hall") this.audience.state(JSON.parse(new TextDecoder().decode(payload)) as State);
      })
      .on(RoomEvent.TrackUnmuted, tell)
      .on(RoomEvent.LocalTrackPublished, tell)
      .on(RoomEvent.LocalTrackUnpublished, tell)
      .on(RoomEvent.ParticipantConnected, (who) => this.audience.came(who))
      .on(RoomEvent.ParticipantDisconnected, (who) => this.audience.went(who))
      .on(RoomEvent.ActiveSpeakersChanged, (who) => this.audience.speaking(who))
      .on(RoomEvent.AudioPlaybackStatusChanged, () => this.audience.silenced(!this.room.canPlaybackAudio))
      .on(RoomEvent.Reconnecting, () => this.audience.interrupted(true))
      .on(RoomEvent.SignalReconnecting, () => this.audience.interrupted(true))
      .on(RoomEvent.Reconnected, () => {
        if (this.over) return;
        this.back();
        this.audience.interrupted(false);
        void this.restore();
        void this.catchUp();
      })
      .on(RoomEvent.MediaDevicesChanged, () => this.audience.changed(this.me))
      .on(RoomEvent.Disconnected, (reason) => this.disconnected(reason));
  }

  /** Leaves if the encryption is not confirmed soon; nothing is published until then. */
  private expectEncryption(): void {
    const late = setTimeout(() => void this.leave("error.encryption"), startOfEncryption);
    void this.encrypted.then(() => clearTimeout(late));
  }

  private encryption(on: boolean, who?: Participant): void {
    if (who === this.me) {
      if (on) {
        this.confirmed = true;
        this.confirm();
      }
      else void this.leave("error.encryption"); // never goes on in clear
    } else if (!on && who instanceof RemoteParticipant) {
      this.exclude(who);
    }
  }

  private admit(publication: RemoteTrackPublication, who: RemoteParticipant): void {
    if (!publication.isEncrypted) this.exclude(who);
    else if (this.soundOnly || this.strangers.has(who.identity)) this.choose(publication, who);
    this.audience.changed(who);
  }

  private subscribed(track: RemoteTrack, publication: RemoteTrackPublication, who: RemoteParticipant): void {
    if (!publication.isEncrypted) this.exclude(who);
    if (this.strangers.has(who.identity)) {
      publication.setSubscribed(false);
      return;
    }
    if (!this.others.includes(who)) return; // they have gone while there was no line
    if (track.kind === Track.Kind.Audio) {
      const player = track.attach();
      player.hidden = true;
      document.body.append(player);
    }
    this.audience.changed(who);
  }

  /** Takes nothing more from somebody whose frames are not for this key. */
  private exclude(who: RemoteParticipant): void {
    this.strangers.add(who.identity);
    for (const publication of who.trackPublications.values()) {
      if (publication.kind === Track.Kind.Audio) for (const player of publication.track?.detach() ?? []) player.remove();
      (publication as RemoteTrackPublication).setSubscribed(false);
    }
    this.audience.changed(who);
  }

  /**
   * Frames that do not open: one of the two has a wrong key. Whoever came later is left out.
   * If those who were here before cannot be read, none of them, the wrong key is this one.
   */
  private async undecipherable(problem: Error | undefined, who?: Participant): Promise<void> {
    if (who === this.me || (!who && !this.confirmed)) {
      await this.leave("error.encryption"); // the worker itself, or what was to be sent
      return;
    }
    if (!(who instanceof RemoteParticipant)) return; // somebody who has just left
    if (!/^(InvalidKey|MissingKey)/.test(problem?.message ?? "") || this.strangers.has(who.identity)) return;
    const others = this.others.filter((o) => o !== who);
    if (!this.earlier.has(who.identity) || (await anyDecoded(others))) this.exclude(who);
    else await this.leave("error.key");
  }

  /**
   * The library says that it is back up to two seconds before its attempt has ended. What happens in between it would keep
   * for the next attempt: those who come back a little later, as all do when the server restarts. So it is asked for them.
   */
  private async catchUp(): Promise<void> {
    const inside = this.room as unknown as { engine?: { pendingReconnect: boolean }; emitBufferedEvents(): void };
    for (let isLast = false; !isLast && this.room.state === ConnectionState.Connected; await pause(50)) {
      isLast = !inside.engine?.pendingReconnect;
      inside.emitBufferedEvents();
    }
  }

  /** Sends again what could not be sent again, unless it was switched off or replaced meanwhile. */
  private async restore(): Promise<void> {
    for (const [track, how] of [...this.lost]) {
      const sent = [...this.me.trackPublications.values()].find((p) => p.source === track.source)?.track;
      const kind = kindOf[track.source];
      const isOff = kind !== undefined && this.wanted.get(kind) === false;
      try {
        if (sent !== track && (sent || isOff)) track.stop();
        else if (!sent) await this.me.publishTrack(track, how);
        this.lost.delete(track);
      } catch {
        // the line has broken once more: next time
      }
    }
  }

  /** What waited for the line goes on. */
  private back(): void {
    this.isBack();
    this.away = undefined;
  }

  private disconnected(reason?: DisconnectReason): void {
    this.verdict ||= endings.get(reason) ?? "error.lost";
    void this.close();
  }

  private async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    this.confirm();
    this.back();
    await this.room.disconnect();
    for (const track of this.lost.keys()) track.stop();
    this.worker.terminate();
    this.audience.ended(this.verdict);
  }
}

/** Whether something that one of them sent has come out of the decoder within three seconds. */
async function anyDecoded(who: RemoteParticipant[]): Promise<boolean> {
  const tracks = () => who.flatMap((w) => [...w.trackPublications.values()].map((p) => p.track));
  for (let tries = 0; tries < 6 && tracks().length > 0; tries++) {
    for (const track of tracks()) {
      const report = await track?.getRTCStatsReport();
      for (const s of report?.values() ?? []) {
        if (s.type !== "inbound-rtp") continue;
        if (s.framesDecoded > 0 || s.totalSamplesReceived > s.concealedSamples) return true;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return false;
}
