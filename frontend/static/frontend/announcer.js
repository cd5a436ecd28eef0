// @ts-check
/** Tells a screen reader what happened, at most every few seconds: the news of a burst become one sentence. */

import { TIMING } from "./timing.js";

/** @typedef {import("./connection.js").State} State */

/** @template Known what a listener may have heard of: the rows of a board, one player's row */
export class Announcer {
  /** @type {Known} */
  #told;
  /** @type {Known} */
  #current;
  #resting = false;
  #cut = false;

  /**
   * @param {object} options
   * @param {Known} options.known what can be read already
   * @param {(before: Known, after: Known) => string} options.inWords the news between two states; empty for none
   * @param {(text: string) => void} options.speak
   * @param {(ms: number, run: () => void) => unknown} options.after
   */
  constructor({ known, inWords, speak, after }) {
    this.#told = known;
    this.#current = known;
    this.inWords = inWords;
    this.speak = speak;
    this.after = after;
  }

  /** @param {Known} current */
  changed(current) {
    this.#current = current;
    if (!this.#resting) {
      this.#tell();
    }
  }

  /**
   * Says once that the line broke and once that it is back; the seconds in between are for eyes only.
   *
   * @param {State} state
   */
  connection({ kind }) {
    if (!this.#cut && (kind === "waiting" || kind === "offline" || kind === "stopped")) {
      this.#cut = true;
      this.speak("Connection lost. The board stands still.");
    } else if (this.#cut && (kind === "live" || kind === "database")) {
      this.#cut = false;
      this.speak("The board is live again.");
    }
  }

  /** Compares with what was last told, not with the last change: who rose and fell again is no news. */
  #tell() {
    const text = this.inWords(this.#told, this.#current);
    if (text === "") {
      return;
    }
    this.#told = this.#current;
    this.#resting = true;
    this.speak(text);
    this.after(TIMING.speakEveryMs, () => {
      this.#resting = false;
      this.#tell();
    });
  }
}
