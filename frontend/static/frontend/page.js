// @ts-check
/** Puts the page together: takes over what the server rendered, and keeps it live. The only file that starts anything. */

import { Announcer } from "./announcer.js";
import { Connection } from "./connection.js";
import { Rows } from "./rows.js";
import { clockTime, playersInWords, stateInWords } from "./words.js";

/** @typedef {import("./board.js").Board} Board */
/** @typedef {import("./connection.js").State} State */

const still = matchMedia("(prefers-reduced-motion: reduce)");

/**
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) {
    throw new Error(`The page lacks #${id}.`);
  }
  return element;
}

const section = byId("board", HTMLElement);
const players = byId("players", HTMLElement);
const updated = byId("updated", HTMLTimeElement);
const empty = byId("empty", HTMLElement);
const status = byId("status", HTMLElement);
const words = byId("status-words", HTMLElement);
const news = byId("news", HTMLElement);
const rows = new Rows(byId("rows", HTMLTableSectionElement), byId("row", HTMLTemplateElement));

/** @param {number} ms @param {() => void} run */
function after(ms, run) {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
}

/** @returns {Board} what the server rendered */
function rendered() {
  const { window: run, epoch, seq, players: count, source } = section.dataset;
  return {
    window: run ?? "",
    epoch: epoch || null,
    seq: seq ? Number(seq) : null,
    rows: rows.read(),
    players: Number(count),
    asOf: updated.dateTime,
    source: source === "sql" ? "sql" : "ranks",
  };
}

/** @param {Board} board */
function show(board) {
  rows.show(board.rows, { moving: !still.matches && !document.hidden });
  empty.hidden = board.rows.length > 0;
  players.textContent = playersInWords(board.players);
  updated.dateTime = board.asOf;
  updated.textContent = clockTime(board.asOf);
  announcer.changed(board.rows);
}

let countdown = 0;

/** @param {State} state */
function tell(state) {
  clearInterval(countdown);
  status.dataset.state = state.kind;
  words.textContent = stateInWords(state, Date.now());
  announcer.connection(state);
  if (state.kind === "waiting") {
    countdown = setInterval(() => {
      words.textContent = stateInWords(state, Date.now());
    }, 1000);
  }
}

function open() {
  const url = new URL("/ws/leaderboard/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url, "lb.v1");
}

const board = rendered();
updated.textContent = clockTime(board.asOf);

const announcer = new Announcer({
  rows: board.rows,
  speak: (text) => {
    news.textContent = text;
  },
  after,
});

const connection = new Connection({
  slug: section.dataset.board ?? "",
  board,
  outside: { open, online: () => navigator.onLine, now: Date.now, after, random: Math.random },
  onBoard: show,
  onState: tell,
});

window.addEventListener("online", () => connection.wake());
window.addEventListener("offline", () => connection.lose());
window.addEventListener("pagehide", () => connection.rest());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    connection.wake();
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    connection.wake();
  }
});

connection.wake();
