// What every page needs: its elements and its sentences. Text reaches the page only as text.

const sentences: Record<string, string> = JSON.parse(document.body.dataset.sentences ?? "{}");

/** The element of the page with this id. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found as T;
}

/** The part of a template's copy that this selector finds. */
export function part<T extends HTMLElement = HTMLElement>(within: ParentNode, selector: string): T {
  const found = within.querySelector<T>(selector);
  if (!found) throw new Error(`no part ${selector}`);
  return found;
}

/** A sentence with its placeholders filled. A value is not searched for placeholders. */
export function text(key: string, values: Record<string, string | number> = {}): string {
  return (sentences[key] ?? key).replace(/\{([a-z_]+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** The sentence for a number of things. */
export function count(key: string, n: number, values: Record<string, string> = {}): string {
  return text(`${key}.${n === 1 ? "one" : "other"}`, { ...values, n });
}

/** Shows an element with this text, or hides it. */
export function say(where: HTMLElement, what: string): void {
  where.textContent = what;
  where.hidden = what === "";
}
