// @ts-check
/**
 * Keeps one board up to date over one WebSocket, however often the line breaks. Knows no DOM.
 *
 * A connection is asked twice at most: `subscribe` when it opens, `resync` when a diff or a beat does not fit the
 * board held. Everything that can hang has a deadline, and every end leads to another attempt (see retry.js), unless
 * the server says that there is no use.
 */

import { apply, fromSnapshot, judge, parseFrame, strayed } from "./board.js";
import { pause } from "./retry.js";
import { TIMING } from "./timing.js";

/** @typedef {import("./board.js").Board} Board */
/** @typedef {import("./board.js").Frame} Frame */

/**
 * What the connection is doing. `waiting` and `offline` try again by themselves, `stopped` does not; `database` is
 * `live` while the server reads PostgreSQL because the ranks are away.
 * @typedef {{kind: "connecting"} | {kind: "catching_up"} | {kind: "live"} | {kind: "database"}
 *   | {kind: "waiting", until: number} | {kind: "offline"} | {kind: "stopped", code: number}} State
 */

/**
 * The few parts of a WebSocket that are used here.
 * @typedef {Pick<WebSocket, "onopen" | "onmessage" | "onclose" | "send" | "close">} Socket
 */

/**
 * Time, chance and the network, so that a test can bring its own.
 * @typedef {object} Outside
 * @property {() => Socket} open a new socket, on its way to the server
 * @property {() => boolean} online false where the machine is known to have no network
 * @property {() => number} now milliseconds, any origin
 * @property {(ms: number, run: () => void) => () => void} after run later; returns what cancels it
 * @property {() => number} random in [0, 1)
 */

/** Codes of our own making, where no server names one. They take the ordinary road of backing off. */
const LOST = 1006;
const REFUSED = 4004;

export class Connection {
  /** @type {State | null} */
  #state = null;
  /** @type {Socket | null} */
  #socket = null;
  /** True from a question to its board. */
  #asking = false;
  #failures = 0;
  #heardAt = 0;
  #lastId = 0;
  #cancelDeadline = () => {};
  #cancelRetry = () => {};
  #cancelSteady = () => {};

  /**
   * @param {object} options
   * @param {string} options.slug the board to follow
   * @param {Board | null} options.board what the page already shows
   * @param {Outside} options.outside
   * @param {(board: Board) => void} options.onBoard
   * @param {(state: State) => void} options.onState
   */
  constructor({ slug, board, outside, onBoard, onState }) {
    this.slug = slug;
    this.board = board;
    this.outside = outside;
    this.onBoard = onBoard;
    this.onState = onState;
    /** When the board held was last known to be the server's. */
    this.levelAt = outside.now();
  }

  /** Connects at once if there is no line; asks a silent one whether it still lives. For start, `online` and visibility. */
  wake() {
    if (this.#state?.kind === "stopped") {
      return;
    }
    if (this.#socket === null) {
      this.#connect();
    } else if (!this.#asking && this.outside.now() - this.#heardAt > TIMING.doubtMs) {
      this.#send({ op: "ping" });
      this.#deadline(TIMING.probeMs);
    }
  }

  /** Gives up a line that the machine says is gone; attempts go on, for the machine may be wrong. */
  lose() {
    if (this.#state?.kind !== "stopped") {
      this.#end(LOST);
    }
  }

  /** Lets go of the line and waits for `wake`: a page that is put away must not hold a socket. */
  rest() {
    this.#hangUp();
    this.#cancelRetry();
  }

  #connect() {
    this.#cancelRetry();
    const socket = this.outside.open();
    this.#socket = socket;
    this.#heardAt = this.outside.now(); // a line that has not opened yet is in no doubt
    this.#deadline(TIMING.handshakeMs);
    socket.onopen = () => this.#subscribe();
    socket.onmessage = ({ data }) => this.#hear(parseFrame(data));
    socket.onclose = ({ code }) => this.#end(code);
    this.#tell({ kind: this.outside.online() ? "connecting" : "offline" });
  }

  #subscribe() {
    this.#cancelSteady = this.outside.after(TIMING.steadyMs, () => {
      this.#failures = 0;
    });
    this.#lastId += 1;
    const since = this.board?.epoch ? { since: { epoch: this.board.epoch, seq: this.board.seq } } : {};
    this.#ask({ op: "subscribe", id: this.#lastId, board: this.slug, ...since });
  }

  #resync() {
    if (!this.#asking) {
      this.#ask({ op: "resync", board: this.slug });
    }
  }

  /** @param {Record<string, unknown>} question */
  #ask(question) {
    this.#asking = true;
    this.#send(question);
    this.#deadline(TIMING.answerMs);
    this.#tell({ kind: "catching_up" });
  }

  /** @param {Frame | null} frame */
  #hear(frame) {
    this.#heardAt = this.outside.now();
    if (!this.#asking) {
      this.levelAt = this.#heardAt;
      this.#deadline(TIMING.silenceMs);
    }
    switch (frame?.type) {
      case "snapshot":
      case "resumed":
      case "diff":
        if (frame.board === this.slug) {
          this.#follow(frame);
        }
        break;
      case "beat":
        this.#compare(frame);
        break;
      case "error":
        if (this.#asking) {
          // Only our subscription can be refused for good; a resync that was not granted begins anew.
          this.#end(frame.temporary || frame.id !== this.#lastId ? LOST : REFUSED, frame.retry_ms);
        }
        break;
      case "bye":
        this.#end(frame.code, frame.retry_ms);
        break;
    }
  }

  /** @param {import("./board.js").Snapshot | import("./board.js").Resumed | import("./board.js").Diff} frame */
  #follow(frame) {
    if (frame.type === "snapshot") {
      this.#show(fromSnapshot(frame));
      this.#answered();
      return;
    }
    if (frame.type === "resumed") {
      this.#asking = false;
      if (this.board?.epoch === frame.epoch && this.board.seq === frame.seq) {
        this.#answered();
      } else {
        this.#resync();
      }
      return;
    }
    const what = judge(this.board, frame);
    if (what === "apply" && this.board !== null) {
      this.#show(apply(this.board, frame));
    } else if (what === "resync") {
      this.#resync();
    }
  }

  /** @param {import("./board.js").Beat} beat */
  #compare(beat) {
    const told = beat.boards.find(({ board }) => board === this.slug);
    if (told && this.board !== null && strayed(this.board, told)) {
      this.#resync();
    }
  }

  #answered() {
    this.#asking = false;
    this.levelAt = this.#heardAt;
    this.#deadline(TIMING.silenceMs);
    this.#tell({ kind: this.board?.source === "sql" ? "database" : "live" });
  }

  /** @param {Board} board */
  #show(board) {
    this.board = board;
    this.onBoard(board);
  }

  /**
   * The line is gone: plan the next attempt.
   *
   * @param {number} code
   * @param {import("./board.js").Wait} [wish]
   */
  #end(code, wish) {
    this.#hangUp();
    this.#cancelRetry();
    const ms = pause({ code, failures: this.#failures, wish }, TIMING, this.outside.random);
    if (ms === null) {
      this.#tell({ kind: "stopped", code });
      return;
    }
    this.#failures += 1;
    this.#cancelRetry = this.outside.after(ms, () => this.#connect());
    this.#tell(this.outside.online() ? { kind: "waiting", until: this.outside.now() + ms } : { kind: "offline" });
  }

  #hangUp() {
    this.#cancelDeadline();
    this.#cancelSteady();
    this.#asking = false;
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onclose = null; // a socket that was given up may close a minute later; nobody must hear of it
      socket.close();
    }
  }

  /** @param {number} ms */
  #deadline(ms) {
    this.#cancelDeadline();
    this.#cancelDeadline = this.outside.after(ms, () => this.#end(LOST));
  }

  /** @param {Record<string, unknown>} operation */
  #send(operation) {
    this.#socket?.send(JSON.stringify(operation));
  }

  /** @param {State} state */
  #tell(state) {
    if (state.kind !== this.#state?.kind || state.kind === "waiting") {
      this.#state = state;
      this.onState(state);
    }
  }
}
