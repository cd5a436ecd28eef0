// @ts-check
/** Tells a screen reader what happened, at most every few seconds: the news of a burst become one sentence. */

import { TIMING } from "./timing.js";
import { changeInWords } from "./words.js";

/** @typedef {import("./board.js").Row} Row */
/** @typedef {import("./connection.js").State} State */

export class Announcer {
  /** @type {readonly Row[]} */
  #told;
  /** @type {readonly Row[]} */
  #current;
  #resting = false;
  #cut = false;

  /**
   * @param {object} options
   * @param {readonly Row[]} options.rows what can be read already
   * @param {(text: string) => void} options.speak
   * @param {(ms: number, run: () => void) => unknown} options.after
   */
  constructor({ rows, speak, after }) {
    this.#told = rows;
    this.#current = rows;
    this.speak = speak;
    this.after = after;
  }

  /** @param {readonly Row[]} rows */
  changed(rows) {
    this.#current = rows;
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
    const text = changeInWords(this.#told, this.#current);
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
