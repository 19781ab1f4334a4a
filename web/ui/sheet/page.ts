// Putting a screen together. Text of others becomes text and nothing else.

type Child = Node | string | false | undefined;

interface Attributes {
  class?: string;
  id?: string;
  type?: string;
  href?: string;
  rel?: string;
  dir?: string;
  role?: string;
  lang?: string;
  value?: string;
  open?: boolean;
  hidden?: boolean;
  checked?: boolean;
  disabled?: boolean;
  readOnly?: boolean;
  tabIndex?: number;
  click?: () => void;
  change?: () => void;
  label?: string; // what a screen reader says
  current?: boolean; // chosen before
}

/** An element with its children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  const { class: classes, click, change, label, current, role, ...rest } = attributes;
  if (classes) element.className = classes;
  if (role) element.setAttribute("role", role);
  if (label) element.setAttribute("aria-label", label);
  if (current) element.setAttribute("aria-current", "true");
  if (click) element.addEventListener("click", click);
  if (change) element.addEventListener("change", change);
  Object.assign(element, rest);
  element.append(...children.filter((c): c is Node | string => !!c));
  return element;
}

/** What is read by who opens it. */
export function fold(heading: string, ...inside: Child[]): HTMLDetailsElement {
  return make("details", {}, make("summary", {}, heading), ...inside);
}

/** What somebody typed, in whichever direction it is written. */
export function typed(text: string, classes = ""): HTMLElement {
  return make("bdi", { class: classes, dir: "auto" }, text);
}

const paths = {
  lock: "M7 11h10a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM8 11V8a4 4 0 0 1 8 0v3",
  tick: "M5 12.500l4.500 4.500L19 7.500",
  halt: "M12 4l9 16H3zM12 10v4M12 17v.1",
};

/** A small drawing beside words. */
export function icon(name: keyof typeof paths): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ class: `icon ${name}`, viewBox: "0 0 24 24", "aria-hidden": "true" }))
    svg.setAttribute(key, value);
  path.setAttribute("d", paths[name]);
  svg.append(path);
  return svg;
}

const main = document.getElementById("main")!;
let whose: Child;

/** Says whose page it is, from now on. */
export function belongsTo(group: string): void {
  whose = group && make("p", { class: "whose" }, typed(group));
}

/** Shows a screen. The heading gets the focus, so that a screen reader begins there. */
export function show(heading: HTMLElement, ...rest: Child[]): void {
  showUnder(false, heading, ...rest);
}

/** Shows a screen with a line above its heading. */
export function showUnder(over: HTMLElement | false, heading: HTMLElement, ...rest: Child[]): void {
  main.replaceChildren(make("header", {}, whose, over, heading), ...rest.filter((c): c is Node | string => !!c));
  document.title = heading.textContent ?? "";
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** A heading that may be focused. */
export function title(...children: Child[]): HTMLElement {
  return make("h1", {}, ...children);
}

/** The buttons at the end of a screen, in a thumb's reach. */
export function deeds(...children: Child[]): HTMLElement {
  return make("div", { class: "deeds" }, ...children);
}

const foot = document.getElementById("foot")!;

/** Shows what stands at the end of every screen. */
export function footer(...children: Child[]): void {
  foot.replaceChildren(...children.filter((c): c is Node | string => !!c));
}
