// Whether this network lets a call through, found out while somebody types their name. What is tried is a meeting of
// nobody else, in a room of its own: nobody in the call notices.
import { CheckStatus, ConnectionCheck } from "livekit-client";

const patience = 10_000;

/** Tries the way to the server; gives the trouble with it, "" if there is none. */
export async function tryNetwork(token: string): Promise<string> {
  const check = new ConnectionCheck(location.origin.replace(/^http/, "ws"), token, {
    roomOptions: { singlePeerConnection: false },
    connectOptions: { maxRetries: 0, websocketTimeout: patience, peerConnectionTimeout: patience },
  });
  if ((await check.checkWebsocket()).status === CheckStatus.FAILED) return "error.check.server";
  return (await check.checkWebRTC()).status === CheckStatus.FAILED ? "error.check.media" : "";
}
