// One device of somebody whose client is not ours: matrix-js-sdk with its Rust cryptography, as in
// Element Web, and as strict as that is since 2026: it neither reads nor encrypts for devices that
// their owner has not signed. peer.go starts it, one process for each device:
//
//   node peer.mjs HOMESERVER USER PASSWORD
//
// Orders come on stdin and news go to stdout, a JSON object a line. An order has an id that its
// answer repeats: {"id":1,"do":"join","room":"!r"}, "leave", {"do":"say","room":"!r","text":"hi"}.
import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import * as matrix from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";
import { EventShieldColour, OnlySignedDevicesIsolationMode } from "matrix-js-sdk/lib/crypto-api/index.js";

const [baseUrl, user, password] = process.argv.slice(2);
const out = process.stdout.write.bind(process.stdout);
const tell = (on, what) => out(JSON.stringify({ on, ...what }) + "\n");

// The library writes to the console, which is ours for the news.
logger.setLevel("silent");
for (const name of ["debug", "error", "info", "log", "warn"]) console[name] = () => {};

const proof = { type: "m.login.password", identifier: { type: "m.id.user", user }, password };
const login = await matrix.createClient({ baseUrl }).loginRequest(proof);
const client = matrix.createClient({
    baseUrl,
    accessToken: login.access_token,
    deviceId: login.device_id,
    userId: login.user_id,
});
await client.initRustCrypto({ useIndexedDB: false });
const crypto = client.getCrypto();
await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (upload) => upload(proof) });
crypto.setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());

const colour = { [EventShieldColour.NONE]: "none", [EventShieldColour.GREY]: "grey", [EventShieldColour.RED]: "red" };

async function show(event) {
    const what = { room: event.getRoomId(), event: event.getId(), sender: event.getSender(), at: event.getTs() };
    if (event.isDecryptionFailure()) {
        tell("unreadable", { ...what, reason: event.decryptionFailureReason });
        return;
    }
    const { body, "m.relates_to": relation } = event.getContent();
    const info = event.isEncrypted() ? await crypto.getEncryptionInfoForEvent(event) : null;
    tell("event", {
        ...what,
        type: event.getType(),
        state: event.isState(),
        body,
        edits: relation?.rel_type === "m.replace" ? relation.event_id : undefined,
        encrypted: event.isEncrypted(),
        shield: info ? colour[info.shieldColour] : undefined,
    });
}

client.on(matrix.MatrixEventEvent.Decrypted, show);
client.on(matrix.RoomEvent.Timeline, (event, _room, backwards) => {
    if (!backwards && !event.isEncrypted() && !event.isSending()) show(event);
});
client.on(matrix.RoomMemberEvent.Membership, (event, member) => {
    if (member.userId === login.user_id && member.membership === "invite") {
        tell("invited", { room: member.roomId, sender: event.getSender() });
    }
});

await client.startClient({ initialSyncLimit: 50 });
await new Promise((synced) => client.on(matrix.ClientEvent.Sync, (state) => state === "PREPARED" && synced()));
tell("ready", { sender: login.user_id });

const orders = {
    join: async ({ room }) => (await client.joinRoom(room)).roomId,
    leave: async ({ room }) => void (await client.leave(room)),
    // The library refuses to write before it knows that the room is encrypted.
    say: async ({ room, text }) => {
        while (!(await crypto.isEncryptionEnabledInRoom(room))) await new Promise((known) => setTimeout(known, 20));
        return (await client.sendTextMessage(room, text)).event_id;
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const { id, do: name, ...order } = JSON.parse(line);
    orders[name](order).then(
        (result) => tell("done", { id, result }),
        (error) => tell("failed", { id, reason: error.message }),
    );
}
process.exit(0);
