// Switches and buttons, that say how they are in words, sign and shape.
import { element, text } from "../page";

/** Shows a switch as on or off, in words, sign and shape. */
export function turn(id: string, on: boolean): void {
  const button = element(id);
  button.setAttribute("aria-checked", String(on));
  const state = button.querySelector(".state");
  if (state) state.textContent = text(on ? "on" : "off");
}

/** Shows a button of the bar as pressed or not, in words too. */
export function pressed(id: string, on: boolean, word: string): void {
  const button = element(id);
  button.setAttribute("aria-pressed", String(on));
  const state = button.querySelector(".state");
  if (state) state.textContent = on ? text(word) : "";
}

/** A button that is pressed or not. */
export function press(id: string, then: (on: boolean) => void): void {
  const button = element(id);
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    then(on);
  });
}
