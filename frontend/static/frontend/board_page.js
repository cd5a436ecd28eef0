// @ts-check
/** The board's page: takes over what the server rendered, and keeps it live over the socket. */

import { Announcer } from "./announcer.js";
import { Connection } from "./connection.js";
import { after, byId, setText } from "./dom.js";
import { AgeLine, follow, statusLine } from "./follow.js";
import { Freshness } from "./freshness.js";
import { moved } from "./movement.js";
import { Rows } from "./rows.js";
import { changeInWords, playersInWords } from "./words.js";

/** @typedef {import("./board.js").Board} Board */
/** @typedef {import("./movement.js").Move} Move */

const still = matchMedia("(prefers-reduced-motion: reduce)");
const section = byId("board", HTMLElement);
const players = byId("players", HTMLElement);
const empty = byId("empty", HTMLElement);
const news = byId("news", HTMLElement);
const rows = new Rows(byId("rows", HTMLTableSectionElement), byId("row", HTMLTemplateElement));
const age = new AgeLine();
const tell = statusLine();

/** @returns {Board} what the server rendered */
function rendered() {
  const { window: run, epoch, seq, players: count, source } = section.dataset;
  return {
    window: run ?? "",
    epoch: epoch || null,
    seq: seq ? Number(seq) : null,
    rows: rows.read(),
    players: Number(count),
    asOf: age.asOf,
    source: source === "sql" ? "sql" : "ranks",
  };
}

const board = rendered();
let shown = board.rows;
/** @type {ReadonlyMap<number, Move>} */
let moves = new Map();

/** @param {Board} board */
function show(board) {
  moves = moved(moves, shown, board.rows, { arrivals: true });
  shown = board.rows;
  rows.show(board.rows, moves, { moving: !still.matches && !document.hidden });
  empty.hidden = board.rows.length > 0;
  setText(players, playersInWords(board.players));
  age.updated(board.asOf);
  announcer.changed(board.rows);
}

function open() {
  const url = new URL("/ws/leaderboard/", location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url, "lb.v1");
}

const announcer = new Announcer({
  known: board.rows,
  inWords: changeInWords,
  speak: (text) => setText(news, text),
  after,
});

const connection = new Connection({
  slug: section.dataset.board ?? "",
  board,
  outside: { open, online: () => navigator.onLine, now: Date.now, after, random: Math.random },
  onBoard: show,
  onState: (state) => {
    tell(state);
    announcer.connection(state);
    freshness.connection(state);
  },
});

const freshness = new Freshness({
  after,
  levelAt: () => connection.levelAt,
  onStale: (since) => age.stale(since),
  onFresh: () => age.fresh(),
});

follow(connection, { whileHidden: true });
