// The choice of devices, at the door and in the call.
import { element } from "../page";
import { fillPicker } from "./devices";

/** Fills the choices in a part of the page when it is opened, and when what it returns is called; choose uses what was chosen. */
export function picker(id: string, using: (kind: MediaDeviceKind) => string, choose: (kind: MediaDeviceKind, id: string) => void): () => void {
  const details = element<HTMLDetailsElement>(id);
  const choices = [...details.querySelectorAll("select")];
  const fill = (): void => {
    if (!details.open) return;
    for (const c of choices) void fillPicker(c, using(c.dataset.pick as MediaDeviceKind));
  };
  details.addEventListener("toggle", fill);
  for (const c of choices) c.addEventListener("change", () => choose(c.dataset.pick as MediaDeviceKind, c.value));
  return fill;
}
