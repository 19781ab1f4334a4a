// Which host a page came from, as the browser knows it: to be compared with the one that the group was told.
import { make } from "./page";
import { text } from "./texts";

/** Names the host, with its port as in the group; a page that was opened from a file came from none. */
export function origin(): HTMLElement | false {
  if (location.host === "") return false;
  return make("p", { class: "soft" }, text("booth.from"), " ", make("b", { id: "from" }, location.host));
}
