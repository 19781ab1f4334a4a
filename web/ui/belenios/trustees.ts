// The list of those who open the ballot box together (specification, 4.5 to 4.7).
import { type Group, challenge, readKey, readNatural } from "./group";
import { compact, fields, items, text } from "./json";
import { Refused } from "./refused";

/**
 * The product of all their keys, which must be the election's. Single trustees prove here that they know theirs. What
 * trustees of whom some are enough have signed in their ceremony is left to those and to whoever verifies the archive.
 */
export function productOfKeys<E>(g: Group<E>, raw: string): E {
  compact(raw);
  const all = items(raw);
  if (all.length === 0) throw new Refused("shape", "no trustee");
  let product = g.one;
  for (const item of all) {
    const [kind, data, more] = items(item);
    if (data === undefined || more !== undefined) throw new Refused("shape", "trustee");
    if (kind === '"Single"') product = g.multiply(product, single(g, data));
    else if (kind === '"Pedersen"') product = g.multiply(product, several(g, data));
    else throw new Refused("shape", "kind of trustee");
  }
  return product;
}

function single<E>(g: Group<E>, raw: string): E {
  const f = fields(raw, "pok", "public_key", "?signature", "?name");
  if (f.signature !== undefined) throw new Refused("unsupported");
  const pok = fields(f.pok!, "challenge", "response");
  const written = text(f.public_key!);
  const key = readKey(g, written);
  const c = readNatural(text(pok.challenge!), g.q);
  const commitment = g.multiply(g.power(readNatural(text(pok.response!), g.q)), g.prepare(key)(c));
  if (challenge(g, `pok|${g.name}|${written}`, [commitment]) !== c) throw new Refused("possession");
  return key;
}

/** Trustees of whom some are enough: their key is the product of the first coefficients of their polynomials. */
function several<E>(g: Group<E>, raw: string): E {
  const f = fields(raw, "threshold", "certs", "coefexps", "?signatures", "verification_keys");
  let product = g.one;
  for (const signed of items(f.coefexps!)) {
    const said = fields(text(fields(signed, "message", "signature").message!), "coefexps");
    const [first] = items(said.coefexps!);
    if (first === undefined) throw new Refused("shape", "polynomial");
    product = g.multiply(product, g.read(text(first)));
  }
  return product;
}
