// BELENIOS-2048, a subgroup of prime order of the integers modulo p (specification, 5.1.1).
import { type Group, type Power, readNatural } from "./group";
import { Refused } from "./refused";

const p = BigInt(
  "2069478569142254640101364365750500806492298929575110409710088478705737421924271740192223725449768433" +
    "8129066633138078958404960054389636289796393038773905722803605973749427671376777618898589872735865049" +
    "0811670993105358677809800307904916540637771737641986785272734744763418356000356983051931442845617019" +
    "1100078673730733356412397173289791324047457883446826065232797464795113767265869358218004631792207366" +
    "8860052627186363386088796882120769432366149491002923444346373222145884100586421050242120365433561201" +
    "3204811188524087310770141516662001623131771693721892480785077118278423174980732765988288251691831031" +
    "25680162072880719",
);
const generator = BigInt(
  "2402352677501852209227687703532399932712287657378364916510075318787663274146353219320285676155269678" +
    "7996946682987493890950838965734256019006010684771644917354741372831046104586813145117816467554005274" +
    "0288984613986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065" +
    "8186868651151358576410138882215396016043228843603930989333662772848406593138406010231675095763777982" +
    "6651036068224066350766977640253462537730851331734951942489677540525736590494924776314759915751987751" +
    "7771148149092045660020547812705472823814097251863985833411570056835369555342378147558249189605029668" +
    "0037745308460627",
);
const q = 78571733251071885079927659812671450121821421258408794611510081919805623223441n;

// How many bits of an exponent a table takes at once.
const window = 4n;
const mask = (1n << window) - 1n;

/** A table of a^(d·16^i) for each digit d of an exponent's place i, one multiplication a digit. */
function prepare(a: bigint): Power<bigint> {
  const rows: bigint[][] = [];
  for (let rest = q, base = a; rest > 0n; rest >>= window) {
    const row = [1n];
    for (let d = 1n; d <= mask; d++) row.push((row[row.length - 1]! * base) % p);
    rows.push(row);
    base = (row[row.length - 1]! * base) % p;
  }
  return (x) => {
    let power = 1n;
    for (const row of rows) {
      power = (power * row[Number(x & mask)]!) % p; // a digit 0 costs as much as any other
      x >>= window;
    }
    return power;
  };
}

/** a^x for a base that comes once. */
function raise(a: bigint, x: bigint): bigint {
  let power = 1n;
  for (let i = BigInt(x.toString(2).length) - 1n; i >= 0n; i--) {
    power = (power * power) % p;
    if ((x >> i) & 1n) power = (power * a) % p;
  }
  return power;
}

let table: Power<bigint> | undefined; // of the generator, made when it is first needed

export const integers: Group<bigint> = {
  name: "BELENIOS-2048",
  q,
  one: 1n,
  power: (x) => (table ??= prepare(generator))(x),
  read(text) {
    const n = readNatural(text, p);
    if (n === 0n || raise(n, q) !== 1n) throw new Refused("group");
    return n;
  },
  write: (a) => a.toString(),
  multiply: (a, b) => (a * b) % p,
  same: (a, b) => a === b,
  prepare,
};
