// The subgroup of prime order of the curve edwards25519 (specification, 5.2.1), on @noble/curves.
import { ed25519 } from "@noble/curves/ed25519.js";
import { hexToBytes } from "@noble/hashes/utils.js";
import { toHex } from "./bytes";
import type { Group, Power } from "./group";
import { Refused } from "./refused";

const Point = ed25519.Point;
type Point = InstanceType<typeof Point>;

// How many bits of an exponent a table takes at once: a key's is used some dozen times, and has to pay for itself.
const keyWindow = 5;

/** x·P; the library takes no 0, so that it multiplies by 1 then and the result is dropped. */
function times(p: Point, x: bigint): Point {
  const product = p.multiply(x === 0n ? 1n : x);
  return x === 0n ? Point.ZERO : product;
}

export const edwards: Group<Point> = {
  name: "Ed25519",
  q: Point.Fn.ORDER,
  one: Point.ZERO,
  power: (x) => times(Point.BASE, x),

  // The form is the bytes of RFC 8032, last one first, in hexadecimal.
  read(text) {
    if (!/^[0-9a-f]{64}$/.test(text)) throw new Refused("canonical");
    let p: Point;
    try {
      // This way the library takes numbers that are not reduced too, which are told apart below.
      p = Point.fromBytes(hexToBytes(text).reverse(), true);
    } catch {
      throw new Refused("group", "not on the curve");
    }
    if (edwards.write(p) !== text) throw new Refused("reduced");
    // The curve has eight times as many points.
    if (!p.isTorsionFree()) throw new Refused("group");
    return p;
  },
  write: (p) => toHex(p.toBytes().reverse()),
  multiply: (a, b) => a.add(b),
  same: (a, b) => a.equals(b),
  prepare(a): Power<Point> {
    const p = a.is0() ? a : Point.fromAffine(a.toAffine()).precompute(keyWindow);
    return (x) => times(p, x);
  },
};
