// @ts-check
/** Suggests players while somebody types: asks when they pause, and only the last question's answer counts. Knows no DOM. */

import { TIMING } from "./timing.js";

/** @typedef {{user_id: number, username: string}} Found */

/**
 * What can be suggested. `away` where the server did not answer: the field still works as a form.
 * @typedef {{kind: "none"} | {kind: "asking"} | {kind: "away"} | {kind: "found", players: readonly Found[]}} Suggestion
 */

export class Suggestions {
  #asked = "";
  /** @type {AbortController | null} */
  #asking = null;
  #cancel = () => {};

  /**
   * @param {object} options
   * @param {(text: string, signal: AbortSignal) => Promise<readonly Found[]>} options.ask throws where there is no answer
   * @param {(ms: number, run: () => void) => () => void} options.after
   * @param {(suggestion: Suggestion) => void} options.onChange
   */
  constructor({ ask, after, onChange }) {
    this.ask = ask;
    this.after = after;
    this.onChange = onChange;
  }

  /** @param {string} text what the field holds now */
  typed(text) {
    const wanted = text.trim();
    if (wanted === this.#asked) {
      return;
    }
    this.#asked = wanted;
    this.#cancel();
    this.#asking?.abort();
    this.#asking = null;
    if (wanted === "") {
      this.onChange({ kind: "none" });
    } else {
      this.#cancel = this.after(TIMING.typingMs, () => this.#ask(wanted));
    }
  }

  /** @param {string} text */
  async #ask(text) {
    const asking = new AbortController();
    this.#asking = asking;
    this.onChange({ kind: "asking" });
    const cancelDeadline = this.after(TIMING.answerMs, () => asking.abort());
    /** @type {Suggestion} */
    let suggestion;
    try {
      suggestion = { kind: "found", players: await this.ask(text, asking.signal) };
    } catch {
      suggestion = { kind: "away" };
      this.#asked = ""; // the same text may be tried again
    }
    cancelDeadline();
    if (this.#asking === asking) {
      this.#asking = null;
      this.onChange(suggestion);
    } // else: they typed on, and another question counts
  }
}

/** @param {Suggestion} suggestion */
export function suggestionInWords(suggestion) {
  switch (suggestion.kind) {
    case "none":
      return "";
    case "asking":
      return "Searching";
    case "away":
      return "No answer; press Enter to search";
    case "found": {
      const count = suggestion.players.length;
      return count === 0 ? "No player’s name begins so" : count === 1 ? "1 player found" : `${count} players found`;
    }
  }
}
