// @ts-check
/** The account's forms: passwords can be shown while they are typed. All forms work without this. */

import { part } from "./dom.js";

for (const secret of document.querySelectorAll(".secret")) {
  letSee(part(secret, "input"), part(secret, "button"), part(secret, "button [data-words]"));
}

/**
 * @param {HTMLElement} field
 * @param {HTMLElement} button
 * @param {HTMLElement} words
 */
function letSee(field, button, words) {
  /** @param {boolean} visible */
  function show(visible) {
    field.setAttribute("type", visible ? "text" : "password");
    button.setAttribute("aria-pressed", String(visible));
    words.textContent = visible ? "Hide" : "Show";
  }

  button.addEventListener("click", () => show(field.getAttribute("type") === "password"));
  // Browsers keep for later what was typed into a field of plain text.
  field.closest("form")?.addEventListener("submit", () => show(false));
  button.hidden = false;
}
