// Who is behind a page, as the law wants it at its foot.
import { make } from "./page";
import { text } from "./texts";

/** Links to imprint and privacy statement, as far as there are any. */
export function legal(imprint: string, privacy: string): HTMLElement {
  const out = (url: string, key: string) =>
    /^https?:\/\//.test(url) && make("a", { href: url, rel: "noreferrer" }, text(`booth.${key}`));
  return make("p", { class: "links" }, out(imprint, "imprint"), " ", out(privacy, "privacy"));
}
