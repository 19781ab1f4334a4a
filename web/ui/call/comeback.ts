// The way back into a call whose server was away. The library tries by opening a socket, ever more seldom, and a browser
// lets a page wait longer after each socket that fails. So the page asks first, several times a second, and a socket is
// opened when there is an answer.
import type { LocalTrack, LocalTrackPublication, ReconnectContext, ReconnectPolicy, Room, TrackPublishOptions } from "livekit-client";

const askAgain = 300; // milliseconds between two questions
const answerWithin = 2_000;
const patience = 5 * 60_000; // the token lives as long
const longestPause = 5_000;

/** When the library tries anew: soon at first, and not all in the same moment. */
export const soonAndThenSeldom: ReconnectPolicy = {
  nextRetryDelayInMs({ retryCount, elapsedMs }: ReconnectContext): number | null {
    if (elapsedMs > patience) return null;
    const most = retryCount === 0 ? 200 : Math.min(askAgain * 2 ** retryCount, longestPause);
    return most * (0.5 + Math.random() / 2);
  },
};

const connected = 1; // what the library calls the state of peer connections that work
const soon = 50; // milliseconds

/** The part of the library that tries. */
interface Trying {
  attemptingReconnect: boolean;
  pcState: number;
  attemptReconnect(why?: unknown): Promise<void>;
  waitForRestarted(): Promise<void>;
}

/** Tracks that were sent and could not be sent again, with how they were. */
export type Lost = Map<LocalTrack, TrackPublishOptions | undefined>;

/** The part of the library that sends. */
interface Sending {
  trackPublications: Map<string, LocalTrackPublication>;
  handleReconnecting(): void; // what is published from then on waits for the next line
  republishAllTracks(options?: TrackPublishOptions, restarts?: boolean): Promise<void>;
}

/**
 * Has the library try only when the server is there, and go on as soon as the new connections work: it waits two seconds
 * more where nothing was to be sent. It begins with a word to whoever shows the call, and what is to be published waits.
 * What was published and is not any more is noted in lost.
 */
export function whenThere(room: Room, isOver: () => boolean, begins: () => void, lost: Lost): void {
  const engine = room.engine as unknown as Trying;
  const sender = room.localParticipant as unknown as Sending;
  const attempt = engine.attemptReconnect.bind(engine);
  let next: Promise<void> | undefined;
  engine.attemptReconnect = async (why) => {
    if (engine.attemptingReconnect) return; // another one would end at once, without a word
    begins();
    sender.handleReconnecting();
    next ??= answered(isOver).then(() => {
      next = undefined;
      return attempt(why);
    });
    return next;
  };
  keepsTracks(sender, lost);
  const restarted = engine.waitForRestarted;
  engine.waitForRestarted = async () => {
    let isDone = false;
    const works = async () => {
      while (!isDone && !isOver() && engine.pcState !== connected) await pause(soon);
      if (isOver()) await new Promise(() => {}); // nobody is back who has left
    };
    await Promise.race([restarted(), works()]).finally(() => (isDone = true));
  };
}

/**
 * Has the library go on with the camera and the microphone that it has, as long as they work. It would open them anew, which
 * takes its time, may be refused in a tab that is not in front, and holds up everything else. It forgets what it cannot send
 * again because the new line has broken, too: that is noted.
 */
function keepsTracks(sender: Sending, lost: Lost): void {
  const republish = sender.republishAllTracks.bind(sender);
  sender.republishAllTracks = async (options, restarts = true) => {
    const own = [...sender.trackPublications.values()];
    for (const p of own) if (p.track) lost.set(p.track, p.options);
    const ended = own.some((p) => !p.isMuted && p.track?.mediaStreamTrack.readyState === "ended"); // one that is off has been closed
    try {
      await republish(options, restarts && ended);
    } finally {
      for (const p of sender.trackPublications.values()) if (p.track) lost.delete(p.track);
    }
  };
}

/** Waits so many milliseconds. */
export function pause(long: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, long));
}

/**
 * Asks until the server answers, as long as it is plain that it is not there. If nothing comes back at all, the network is
 * to blame, and the library may try by itself.
 */
async function answered(isOver: () => boolean): Promise<void> {
  for (const begin = performance.now(); !isOver() && performance.now() - begin < patience; ) {
    const signal = AbortSignal.timeout(answerWithin);
    try {
      if ((await fetch(location.pathname, { method: "HEAD", cache: "no-store", signal })).status < 500) return;
    } catch {
      if (signal.aborted) return; // by whatever name
    }
    await pause(askAgain * (0.75 + Math.random() / 2));
  }
}
