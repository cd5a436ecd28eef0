// @ts-check
/** Notices when what is shown has not been refreshed for a while. Knows no DOM. */

import { TIMING } from "./timing.js";

/** @typedef {import("./connection.js").State} State */

export class Freshness {
  #old = false;
  #cancel = () => {};
  #counting = false;

  /**
   * @param {object} options
   * @param {(ms: number, run: () => void) => () => void} options.after
   * @param {() => number} options.levelAt when the page last knew that it shows what the server has
   * @param {(since: number) => void} options.onStale
   * @param {() => void} options.onFresh
   */
  constructor({ after, levelAt, onStale, onFresh }) {
    this.after = after;
    this.levelAt = levelAt;
    this.onStale = onStale;
    this.onFresh = onFresh;
  }

  /** @param {State} state */
  connection({ kind }) {
    if (kind === "live" || kind === "database") {
      this.#cancel();
      this.#counting = false;
      if (this.#old) {
        this.#old = false;
        this.onFresh();
      }
    } else if (!this.#counting) {
      this.#counting = true;
      this.#cancel = this.after(TIMING.staleMs, () => {
        this.#old = true;
        this.onStale(this.levelAt());
      });
    }
  }
}
