// The grid of faces: as many tiles of good size as the screen takes, nine a page, or one large and the others in a strip.
import type { Participant } from "livekit-client";
import { Track } from "livekit-client";
import { element, part, say, text } from "../page";
import type { Badge } from "./door";

const perPage = 9;
const inStrip = 140; // pixels of width that a small tile has at least, beside a large one
const gap = 8;
const belowLarge = 120; // pixels of height that are left at least, where the others have a grid of their own
const upright = 0.8; // what an upright tile is worth: most of a camera's picture is cut off

interface Tile {
  root: HTMLElement;
  video: HTMLVideoElement;
  face: HTMLElement;
  who: HTMLElement;
  badge: HTMLElement;
  mute: HTMLElement;
  hand: HTMLElement;
  poor: HTMLElement;
  strange: HTMLElement;
  pin: HTMLButtonElement;
  shown?: Track;
  name: string;
}

/** How somebody is to be shown. */
export interface Look {
  isMe: boolean;
  isStranger: boolean;
  isPoor: boolean;
  badge: Badge;
}

/** Stage shows everybody in the call, oneself last, and shared screens first. */
export class Stage {
  private readonly grid = element("grid");
  private readonly pages = element("pages");
  private readonly tiles = new Map<string, Tile>();
  private pinned = "";
  private speaker = "";
  private bySpeaker = false;
  private page = 0;

  constructor() {
    new ResizeObserver(() => this.fit()).observe(this.grid);
    element("page-back").addEventListener("click", () => this.turn(-1));
    element("page-on").addEventListener("click", () => this.turn(1));
  }

  /** Shows somebody, and the screen they share, as they are now. */
  show(who: Participant, look: Look): void {
    const name = who.name ?? "";
    const tile = this.tiles.get(who.identity) ?? this.add(who.identity, look.isMe, name);
    const { badge } = look;
    say(tile.who, look.isMe ? text("you", { name }) : name);
    say(tile.badge, text(`badge.${badge}`));
    tile.root.dataset.badge = badge;
    say(tile.face, initials(name));
    tile.strange.hidden = !look.isStranger;
    tile.mute.hidden = look.isStranger || who.isMicrophoneEnabled;
    tile.poor.hidden = !look.isPoor;
    this.picture(tile, look.isStranger ? undefined : playing(who, Track.Source.Camera), look.isMe);
    this.screen(who, look, name);
  }

  private screen(who: Participant, look: Look, name: string): void {
    const key = `${who.identity} screen`;
    const track = look.isStranger ? undefined : playing(who, Track.Source.ScreenShare);
    if (!track) {
      this.drop(key);
      return;
    }
    const tile = this.tiles.get(key) ?? this.add(key, false, name);
    tile.root.classList.add("screen");
    say(tile.who, look.isMe ? text("screen.mine") : text("screen.of", { name }));
    for (const part of [tile.badge, tile.mute, tile.hand, tile.poor]) part.hidden = true;
    this.picture(tile, track, false);
    this.fit();
  }

  /** Takes somebody off. */
  hide(identity: string): void {
    this.drop(identity);
    this.drop(`${identity} screen`);
  }

  /** Takes everybody off. */
  clear(): void {
    for (const key of [...this.tiles.keys()]) this.drop(key);
    this.pinned = this.speaker = "";
    this.page = 0;
  }

  /** Frames those who speak. */
  speaking(who: Participant[]): void {
    const speakers = new Set(who.map((w) => w.identity));
    for (const [identity, tile] of this.tiles) tile.root.classList.toggle("speaking", speakers.has(identity));
    const first = who.find((w) => !w.isLocal);
    if (!first || first.identity === this.speaker) return;
    this.speaker = first.identity;
    if (this.bySpeaker) this.fit();
  }

  /** Shows whoever speaks large, or all alike. */
  large(on: boolean): void {
    this.bySpeaker = on;
    this.fit();
  }

  /** Shows the raised hands, in their order. */
  hands(identities: string[]): void {
    for (const [identity, tile] of this.tiles) {
      const at = identities.indexOf(identity);
      tile.hand.hidden = at < 0;
      say(part(tile.hand, ".place"), at < 0 ? "" : text("hand.place", { n: at + 1 }));
    }
  }

  private add(key: string, isMe: boolean, name: string): Tile {
    const copy = element<HTMLTemplateElement>("tile").content.cloneNode(true) as DocumentFragment;
    const root = part(copy, ".tile");
    const tile: Tile = {
      root,
      name,
      video: part<HTMLVideoElement>(root, "video"),
      face: part(root, ".face"),
      who: part(root, ".who"),
      badge: part(root, ".badge"),
      mute: part(root, ".mute"),
      hand: part(root, ".hand"),
      poor: part(root, ".poor"),
      strange: part(root, ".strange"),
      pin: part<HTMLButtonElement>(root, ".pin"),
    };
    tile.pin.setAttribute("aria-label", text("pin.of", { name }));
    tile.pin.addEventListener("click", () => {
      this.pinned = this.pinned === key ? "" : key;
      this.fit();
    });
    this.tiles.set(key, tile);
    if (isMe) this.grid.append(root);
    else this.grid.prepend(root);
    this.fit();
    return tile;
  }

  private drop(key: string): void {
    const tile = this.tiles.get(key);
    if (!tile) return;
    this.picture(tile, undefined, false);
    tile.root.remove();
    this.tiles.delete(key);
    if (this.pinned === key) this.pinned = "";
    if (this.speaker === key) this.speaker = "";
    this.fit();
  }

  private picture(tile: Tile, track: Track | undefined, mirrored: boolean): void {
    if (tile.shown !== track) {
      tile.shown?.detach(tile.video);
      track?.attach(tile.video);
      tile.shown = track;
    }
    tile.video.hidden = !track;
    tile.video.classList.toggle("mirrored", mirrored);
  }

  private turn(by: number): void {
    this.page += by;
    this.fit();
  }

  /** Which tile is large: what somebody pinned, else a shared screen, else who speaks, where that is wanted. */
  private focus(): string {
    if (this.pinned) return this.pinned;
    const screen = [...this.tiles.keys()].find((key) => key.endsWith(" screen"));
    if (screen) return screen;
    return this.bySpeaker && this.tiles.size > 1 ? this.speaker : "";
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.grid;
    const focus = this.tiles.get(this.focus());
    for (const tile of this.tiles.values()) {
      const isLarge = tile === focus;
      tile.root.classList.toggle("large", isLarge);
      tile.pin.setAttribute("aria-pressed", String(this.tiles.get(this.pinned) === tile));
    }
    this.grid.classList.toggle("focused", focus !== undefined);
    const all = [...this.grid.children] as HTMLElement[];
    const small = all.filter((root) => root !== focus?.root);
    const large = Math.round((width * 3) / 4);
    const rest = focus ? height - large - gap : height; // on an upright screen a large tile leaves more than a strip
    const strip = focus !== undefined && rest < belowLarge;
    this.grid.style.setProperty("--large-height", focus && !strip ? `${large}px` : "");
    const most = strip ? Math.max(2, Math.floor(width / inStrip)) : perPage;
    const count = Math.max(1, Math.ceil(small.length / most));
    this.page = Math.min(Math.max(0, this.page), count - 1);
    small.forEach((root, i) => (root.hidden = Math.floor(i / most) !== this.page));
    if (focus) focus.root.hidden = false;
    this.pages.hidden = count < 2;
    say(element("page-number"), text("pages", { n: this.page + 1, of: count }));
    element<HTMLButtonElement>("page-back").disabled = this.page === 0;
    element<HTMLButtonElement>("page-on").disabled = this.page === count - 1;
    const shown = Math.min(most, small.length - this.page * most);
    if (width > 0 && shown > 0) this.arrange(shown, width, strip ? height : rest, strip);
  }

  /** Chooses the number of columns that gives the largest tiles, rather wide than upright. */
  private arrange(n: number, width: number, height: number, strip: boolean): void {
    let best = { area: 0, width: 0, height: 0 };
    if (strip) {
      const h = Math.max(72, Math.floor(height * 0.2));
      best = { area: 1, width: Math.floor(Math.min((h * 16) / 9, (width - gap * (n - 1)) / n)), height: h };
    }
    for (let columns = 1; columns <= n && !strip; columns++) {
      const rows = Math.ceil(n / columns);
      const w = (width - gap * (columns - 1)) / columns;
      const h = (height - gap * (rows - 1)) / rows;
      const tile = { width: Math.floor(Math.min(w, (h * 16) / 9)), height: Math.floor(Math.min(h, (w * 4) / 3)) };
      const area = tile.width * tile.height * (tile.width < tile.height ? upright : 1);
      if (area > best.area) best = { area, ...tile };
    }
    this.grid.style.setProperty("--tile-width", `${best.width}px`);
    this.grid.style.setProperty("--tile-height", `${best.height}px`);
  }
}

function playing(who: Participant, source: Track.Source): Track | undefined {
  const publication = who.getTrackPublication(source);
  return publication && !publication.isMuted ? publication.track : undefined;
}

/** The first letters of up to two words, for a tile without a picture. */
function initials(name: string): string {
  const words = name.split(" ").filter((w) => /^[\p{L}\p{N}]/u.test(w));
  const picked = words.length > 1 ? [words[0] ?? "", words[words.length - 1] ?? ""] : words;
  return picked.map((w) => [...w][0]?.toLocaleUpperCase()).join("");
}
