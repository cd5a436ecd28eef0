// @ts-check
/**
 * Asks the server the same question again and again: a while after each answer, one question at a time, later and
 * later while it fails, and not at all while it rests. Knows no DOM and no address.
 */

import { pause } from "./retry.js";
import { TIMING } from "./timing.js";

/** @typedef {import("./connection.js").State} State */

/** The code of our own making for a question without an answer: it takes the ordinary road of backing off. */
const LOST = 1006;

/** An answer that says: not now. */
export class Refused extends Error {
  /** @param {number | null} retryMs the server's wish */
  constructor(retryMs) {
    super("The server refused to answer.");
    this.retryMs = retryMs;
  }
}

/** @template Answer */
export class Poll {
  /** @type {State | null} */
  #state = null;
  /** @type {AbortController | null} */
  #asking = null;
  #failures = 0;
  #cancelNext = () => {};

  /**
   * @param {object} options
   * @param {(signal: AbortSignal) => Promise<Answer>} options.ask throws where there is no answer
   * @param {Pick<import("./connection.js").Outside, "online" | "now" | "after" | "random">} options.outside
   * @param {(answer: Answer) => "live" | "database"} options.onAnswer shows it, and says where it came from
   * @param {(state: State) => void} options.onState
   */
  constructor({ ask, outside, onAnswer, onState }) {
    this.ask = ask;
    this.outside = outside;
    this.onAnswer = onAnswer;
    this.onState = onState;
    this.levelAt = outside.now();
  }

  /** Asks at once, unless a question is under way. For start, `online` and visibility. */
  wake() {
    if (this.#asking === null) {
      this.#ask();
    }
  }

  /** Gives up the question under way, for the machine says that there is no network; attempts go on all the same. */
  lose() {
    this.rest();
    this.#failed(null);
  }

  /** Lets go of the question under way and waits for `wake`. */
  rest() {
    this.#cancelNext();
    this.#asking?.abort();
    this.#asking = null;
  }

  async #ask() {
    this.#cancelNext();
    const asking = new AbortController();
    this.#asking = asking;
    if (this.#state?.kind !== "live" && this.#state?.kind !== "database") {
      this.#tell({ kind: this.outside.online() ? "connecting" : "offline" });
    }
    const cancelDeadline = this.outside.after(TIMING.answerMs, () => asking.abort());
    /** @type {() => void} */
    let proceed;
    try {
      const answer = await this.ask(asking.signal);
      proceed = () => this.#answered(answer);
    } catch (error) {
      proceed = () => this.#failed(error instanceof Refused ? error.retryMs : null);
    }
    cancelDeadline();
    if (this.#asking === asking) {
      this.#asking = null;
      proceed();
    } // else: we rested meanwhile, and nobody waits for this any more
  }

  /** @param {Answer} answer */
  #answered(answer) {
    this.#failures = 0;
    this.levelAt = this.outside.now();
    const kind = this.onAnswer(answer);
    this.#cancelNext = this.outside.after(TIMING.pollMs, () => this.#ask());
    this.#tell({ kind });
  }

  /** @param {number | null} wish */
  #failed(wish) {
    const ms =
      pause({ code: LOST, failures: this.#failures, wish }, TIMING, this.outside.random) ?? TIMING.retryCeilingMs;
    this.#failures += 1;
    this.#cancelNext = this.outside.after(ms, () => this.#ask());
    this.#tell(this.outside.online() ? { kind: "waiting", until: this.outside.now() + ms } : { kind: "offline" });
  }

  /** @param {State} state */
  #tell(state) {
    if (state.kind !== this.#state?.kind || state.kind === "waiting") {
      this.#state = state;
      this.onState(state);
    }
  }
}
