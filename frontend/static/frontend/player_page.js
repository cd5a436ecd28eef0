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
const table = new Rows(byId("rows", HTMLTableSectionElement), byId("row", HTMLTemplateElement), own);
const title = byId("title", HTMLElement);
const empty = byId("empty", HTMLElement);
const news = byId("news", HTMLElement);
const rank = byId("rank", HTMLElement);
const score = byId("score", HTMLElement);
const among = byId("among", HTMLElement);
const next = byId("goal", HTMLElement);
const age = new AgeLine();
const tell = statusLine();

let shown = table.read();
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
  table.show(now, moves, { moving: !still.matches });
  const row = ownRow(now);
  empty.hidden = row !== undefined;
  if (around === null || row === undefined) {
    for (const fact of [rank, score, among, next]) {
      setText(fact, "–");
    }
  } else {
    write(around, row);
  }
  announcer.changed(row);
  return around?.source === "sql" ? "database" : "live";
}

/**
 * @param {Around} around
 * @param {Row} row
 */
function write({ rows, players, as_of }, row) {
  document.title = `${row.username} · Rankcast`;
  setText(title, row.username);
  setText(rank, number(row.rank));
  setText(score, number(row.total_score));
  setText(among, `${topPercent(row.rank, players)} of ${playersInWords(players)}`);
  setText(next, goal(rows, row));
  age.updated(as_of);
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
