// @ts-check
/** What every page starts: the search field, with suggestions that arrow keys walk through (a combobox). */

import { after, byId, setText } from "./dom.js";
import { Suggestions, suggestionInWords } from "./suggestions.js";

/** @typedef {import("./suggestions.js").Suggestion} Suggestion */

const field = byId("find", HTMLInputElement);
const list = byId("suggestions", HTMLElement);
const found = byId("found", HTMLElement);
const note = byId("find-note", HTMLElement);
const popup = byId("find-popup", HTMLElement);

let chosen = -1;

/**
 * @param {string} text
 * @param {AbortSignal} signal
 */
async function ask(text, signal) {
  const query = new URLSearchParams({ search: text });
  const response = await fetch(`/api/players?${query}`, { signal, credentials: "omit" });
  if (!response.ok && response.status !== 400) {
    throw new Error(`The search was answered by ${response.status}.`);
  }
  return response.ok ? (await response.json()).players : []; // 400: nobody can be called that
}

/** @param {Suggestion} suggestion */
function suggest(suggestion) {
  if (suggestion.kind === "asking" && !popup.hidden) {
    return; // the old list stays until there is a new one: nothing flickers
  }
  const players = suggestion.kind === "found" ? suggestion.players : [];
  list.replaceChildren(...players.map(option));
  list.hidden = players.length === 0;
  const words = suggestionInWords(suggestion);
  setText(note, players.length === 0 ? words : "");
  note.hidden = players.length > 0;
  setText(found, words);
  choose(-1);
  unfold(suggestion.kind !== "none" && document.activeElement === field);
}

/**
 * @param {import("./suggestions.js").Found} player
 * @param {number} at
 */
function option(player, at) {
  const element = document.createElement("a");
  element.id = `suggestion-${at}`;
  element.setAttribute("role", "option");
  element.href = `/players/${player.user_id}/`;
  element.tabIndex = -1;
  element.translate = false;
  element.textContent = player.username;
  return element;
}

/** @param {number} at -1 for none */
function choose(at) {
  chosen = at;
  [...list.children].forEach((element, index) => {
    element.setAttribute("aria-selected", String(index === at));
  });
  const element = list.children[at];
  element?.scrollIntoView({ block: "nearest" });
  if (element === undefined) {
    field.removeAttribute("aria-activedescendant");
  } else {
    field.setAttribute("aria-activedescendant", element.id);
  }
}

/** @param {boolean} open */
function unfold(open) {
  popup.hidden = !open;
  field.setAttribute("aria-expanded", String(open && !list.hidden));
}

/** @param {number} step through the suggestions and, between the last and the first, back to the field alone */
function walk(step) {
  const count = list.children.length;
  if (count > 0) {
    const next = ((chosen === -1 ? count : chosen) + step + count + 1) % (count + 1);
    unfold(true);
    choose(next === count ? -1 : next);
  }
}

field.setAttribute("role", "combobox");
field.setAttribute("aria-autocomplete", "list");
field.setAttribute("aria-controls", list.id);
unfold(false);

const suggestions = new Suggestions({ ask, after, onChange: suggest });

field.addEventListener("input", () => suggestions.typed(field.value));
field.addEventListener("focus", () => unfold(list.children.length > 0));
field.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Escape" && !popup.hidden) {
    event.preventDefault(); // else the browser would also empty the field
    choose(-1);
    unfold(false);
  } else if (event.key === "Enter") {
    const link = list.children[chosen];
    if (link instanceof HTMLAnchorElement && !popup.hidden) {
      event.preventDefault();
      link.click();
    }
  }
});
// Pressing a suggestion would take the focus from the field, which closes the list before the click arrives.
popup.addEventListener("pointerdown", (event) => event.preventDefault());
field.addEventListener("blur", () => unfold(false));
