// The grid of faces. It fits as many tiles of good size as the screen takes.
import type { Participant } from "livekit-client";
import { Track } from "livekit-client";
import { element, part, say, text } from "../page";

interface Tile {
  root: HTMLElement;
  video: HTMLVideoElement;
  face: HTMLElement;
  who: HTMLElement;
  mute: HTMLElement;
  strange: HTMLElement;
  shown?: Track;
}

/** Stage shows everybody in the call, oneself last. */
export class Stage {
  private readonly grid = element("grid");
  private readonly tiles = new Map<string, Tile>();

  constructor() {
    new ResizeObserver(() => this.fit()).observe(this.grid);
  }

  /** Shows somebody as they are now. */
  show(who: Participant, isMe: boolean, isStranger: boolean): void {
    const tile = this.tiles.get(who.identity) ?? this.add(who.identity, isMe);
    const name = who.name ?? "";
    say(tile.who, isMe ? text("you", { name }) : name);
    say(tile.face, initials(name));
    tile.strange.hidden = !isStranger;
    tile.mute.hidden = isStranger || who.isMicrophoneEnabled;
    this.picture(tile, isStranger ? undefined : camera(who), isMe);
  }

  /** Takes somebody off. */
  hide(who: Participant): void {
    const tile = this.tiles.get(who.identity);
    if (!tile) return;
    this.picture(tile, undefined, false);
    tile.root.remove();
    this.tiles.delete(who.identity);
    this.fit();
  }

  /** Takes everybody off. */
  clear(): void {
    for (const tile of this.tiles.values()) {
      this.picture(tile, undefined, false);
      tile.root.remove();
    }
    this.tiles.clear();
  }

  /** Frames those who speak. */
  speaking(who: Participant[]): void {
    const speakers = new Set(who.map((w) => w.identity));
    for (const [identity, tile] of this.tiles) tile.root.classList.toggle("speaking", speakers.has(identity));
  }

  private add(identity: string, isMe: boolean): Tile {
    const copy = element<HTMLTemplateElement>("tile").content.cloneNode(true) as DocumentFragment;
    const root = part(copy, ".tile");
    const tile: Tile = {
      root,
      video: part<HTMLVideoElement>(root, "video"),
      face: part(root, ".face"),
      who: part(root, ".who"),
      mute: part(root, ".mute"),
      strange: part(root, ".strange"),
    };
    this.tiles.set(identity, tile);
    if (isMe) this.grid.append(root);
    else this.grid.prepend(root);
    this.fit();
    return tile;
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

  /** Chooses the number of columns that gives the largest tiles between upright and wide. */
  private fit(): void {
    const gap = 8;
    const n = this.tiles.size;
    const { clientWidth: width, clientHeight: height } = this.grid;
    if (n === 0 || width === 0) return;
    let best = { area: 0, width: 0, height: 0 };
    for (let columns = 1; columns <= n; columns++) {
      const rows = Math.ceil(n / columns);
      const w = (width - gap * (columns - 1)) / columns;
      const h = (height - gap * (rows - 1)) / rows;
      const tile = { width: Math.floor(Math.min(w, (h * 16) / 9)), height: Math.floor(Math.min(h, (w * 4) / 3)) };
      const area = tile.width * tile.height;
      if (area > best.area) best = { area, ...tile };
    }
    this.grid.style.setProperty("--tile-width", `${best.width}px`);
    this.grid.style.setProperty("--tile-height", `${best.height}px`);
  }
}

function camera(who: Participant): Track | undefined {
  const publication = who.getTrackPublication(Track.Source.Camera);
  return publication && !publication.isMuted ? publication.track : undefined;
}

/** The first letters of up to two words, for a tile without a picture. */
function initials(name: string): string {
  const words = name.split(" ").filter((w) => /^[\p{L}\p{N}]/u.test(w));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return picked.map((w) => [...w][0]?.toLocaleUpperCase()).join("");
}
