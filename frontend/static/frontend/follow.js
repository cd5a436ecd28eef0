// @ts-check
/** What a page does that follows the server, by whatever line: says how the line is, and lets it rest and wake. */

import { byId, setText } from "./dom.js";
import { clockTime, stateInWords } from "./words.js";

/** @typedef {import("./connection.js").State} State */

/**
 * Whatever keeps a page up to date.
 * @typedef {{wake: () => void, rest: () => void, lose: () => void}} Line
 */

/** @returns {(state: State) => void} writes the state beside the site's name, and counts down while it waits */
export function statusLine() {
  const status = byId("status", HTMLElement);
  const words = byId("status-words", HTMLElement);
  let countdown = 0;
  return (state) => {
    clearInterval(countdown);
    status.dataset.state = state.kind;
    setText(words, stateInWords(state, Date.now()));
    if (state.kind === "waiting") {
      countdown = setInterval(() => setText(words, stateInWords(state, Date.now())), 1000);
    }
  };
}

/** Says when the rows came about, and lets the page grow pale when it could not be refreshed for a while. */
export class AgeLine {
  #content = byId("content", HTMLElement);
  #words = byId("age-words", HTMLElement);
  #time = byId("age", HTMLTimeElement);

  constructor() {
    this.asOf = this.#time.dateTime;
    this.fresh(); // from the server's clock to the viewer's
  }

  /** @param {string} iso when the rows came about */
  updated(iso) {
    this.asOf = iso;
    this.fresh();
  }

  fresh() {
    delete this.#content.dataset.stale;
    this.#write("Updated", this.asOf);
  }

  /** @param {number} since */
  stale(since) {
    this.#content.dataset.stale = "";
    this.#write("Not refreshed since", new Date(since).toISOString());
  }

  /** @param {string} words @param {string} iso */
  #write(words, iso) {
    setText(this.#words, words);
    this.#time.dateTime = iso;
    setText(this.#time, clockTime(iso));
  }
}

/**
 * Lets the line wake and rest with the page and its network.
 *
 * @param {Line} line
 * @param {{whileHidden: boolean}} how whether the line is kept while nobody sees the page
 */
export function follow(line, { whileHidden }) {
  window.addEventListener("online", () => line.wake());
  window.addEventListener("offline", () => line.lose());
  window.addEventListener("pagehide", () => line.rest());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      line.wake();
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      line.wake();
    } else if (!whileHidden) {
      line.rest();
    }
  });
  line.wake();
}
