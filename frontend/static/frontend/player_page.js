// @ts-check
/** A player's page: takes over what the server rendered, and asks for the rows around the player every second. */

import { Announcer } from "./announcer.js";
import { after, byId, setText } from "./dom.js";
import { AgeLine, follow, statusLine } from "./follow.js";
import { Freshness } from "./freshness.js";
import { moved } from "./movement.js";
import { Poll, Refused } from "./poll.js";
import { Rows } from "./rows.js";
import { goal, placeInWords, topPercent } from "./standing.js";
import { number, playersInWords } from "./words.js";

/** @typedef {import("./board.js").Row} Row */
/** @typedef {import("./movement.js").Move} Move */
/** @typedef {{rows: Row[], players: number, as_of: string, source: "ranks" | "sql"}} Around */

const still = matchMedia("(prefers-reduced-motion: reduce)");
const section = byId("board", HTMLElement);
const { board: slug = "", player: id = "", around: limit = "" } = section.dataset;
const own = Number(id);
const rows = new Rows(byId("rows", HTMLTableSectionElement), byId("row", HTMLTemplateElement), own);
const title = byId("title", HTMLElement);
const standing = byId("standing", HTMLElement);
const empty = byId("empty", HTMLElement);
const news = byId("news", HTMLElement);
const facts = Object.fromEntries(
  ["rank", "players", "score", "top-percent", "goal"].map((name) => [name, byId(name, HTMLElement)]),
);
const age = new AgeLine();
const tell = statusLine();

let shown = rows.read();
/** @type {ReadonlyMap<number, Move>} */
let moves = new Map();

/** @param {readonly Row[]} rows */
function ownRow(rows) {
  return rows.find((row) => row.user_id === own);
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Around | null>} null while the board does not show the player
 */
async function ask(signal) {
  const query = new URLSearchParams({ board: slug, limit });
  const response = await fetch(`/api/leaderboard/around/${own}?${query}`, { signal, credentials: "omit" });
  const answer = await response.json();
  if (response.ok) {
    return answer;
  }
  if (answer.error?.code === "unknown_player") {
    return null;
  }
  const seconds = Number(response.headers.get("Retry-After"));
  throw new Refused(seconds > 0 ? seconds * 1000 : null);
}

/**
 * @param {Around | null} around
 * @returns {"live" | "database"}
 */
function show(around) {
  const now = around?.rows ?? [];
  moves = moved(moves, shown, now, { arrivals: false });
  shown = now;
  rows.show(now, moves, { moving: !still.matches });
  const row = ownRow(now);
  empty.hidden = row !== undefined;
  standing.hidden = row === undefined;
  if (around !== null && row !== undefined) {
    write(around, row);
  }
  announcer.changed(row);
  return around?.source === "sql" ? "database" : "live";
}

/**
 * @param {Around} around
 * @param {Row} row
 */
function write(around, row) {
  setText(title, row.username);
  document.title = `${row.username} · Rankcast`;
  age.updated(around.as_of);
  const words = {
    rank: number(row.rank),
    players: playersInWords(around.players),
    score: number(row.total_score),
    "top-percent": topPercent(row.rank, around.players),
    goal: goal(around.rows, row),
  };
  for (const [name, text] of Object.entries(words)) {
    const fact = facts[name];
    if (fact !== undefined) {
      setText(fact, text);
    }
  }
}

const announcer = new Announcer({
  known: ownRow(shown),
  inWords: placeInWords,
  speak: (text) => setText(news, text),
  after,
});

const poll = new Poll({
  ask,
  outside: { online: () => navigator.onLine, now: Date.now, after, random: Math.random },
  onAnswer: show,
  onState: (state) => {
    tell(state);
    announcer.connection(state);
    freshness.connection(state);
  },
});

const freshness = new Freshness({
  after,
  levelAt: () => poll.levelAt,
  onStale: (since) => age.stale(since),
  onFresh: () => age.fresh(),
});

follow(poll, { whileHidden: false });
