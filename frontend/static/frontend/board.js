// @ts-check
/**
 * What a board is and how frames change it. Pure: no DOM, no network, no clock; every function returns a new value.
 *
 * The server follows the same rules (docs/protocol.md); tests/examples/board_diffs.json holds both to them.
 */

/**
 * One player's place on the board; absolute, so taking it twice is harmless. Ties share a rank.
 * @typedef {{user_id: number, username: string, rank: number, total_score: number}} Row
 */

/**
 * The rows that the page shows, best first. `epoch` and `seq` name the state that diffs build on; both are null
 * while PostgreSQL answers in place of the ranks (`source` "sql").
 * @typedef {object} Board
 * @property {string} window which run of the board it is
 * @property {string | null} epoch
 * @property {number | null} seq
 * @property {readonly Row[]} rows
 * @property {number} players how many the whole board has, not only those shown
 * @property {string} asOf ISO 8601
 * @property {"ranks" | "sql"} source
 */

/**
 * @typedef {{type: "snapshot", id?: number, board: string, window: string, epoch: string | null, seq: number | null, rows: Row[],
 *   players: number, as_of: string, source: "ranks" | "sql"}} Snapshot
 * @typedef {{type: "resumed", id?: number, board: string, window: string, epoch: string, seq: number}} Resumed
 * @typedef {{type: "diff", board: string, window: string, epoch: string, from: number, seq: number, rows: Row[], gone: number[],
 *   players: number, as_of: string}} Diff
 * @typedef {{type: "beat", boards: {board: string, epoch: string | null, seq: number | null, crc: string}[]}} Beat
 * @typedef {{type: "error", id?: number, code: string, detail: string, temporary: boolean, retry_ms: Wait}} Refusal
 * @typedef {{type: "bye", code: number, reason: string, retry_ms?: Wait}} Bye
 * @typedef {{type: "pong"}} Pong
 * @typedef {Snapshot | Resumed | Diff | Beat | Refusal | Bye | Pong} Frame
 */

/**
 * How long the server asks a client to stay away: exactly, or anywhere between two bounds, in milliseconds.
 * @typedef {number | [number, number] | null | undefined} Wait
 */

/**
 * The frame that a text holds, or null for what is none. A type that this page does not know is left to the caller
 * to pass over: the server may be newer than the page.
 *
 * @param {unknown} text
 * @returns {Frame | null}
 */
export function parseFrame(text) {
  if (typeof text !== "string") {
    return null;
  }
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === "string" ? frame : null;
  } catch {
    return null;
  }
}

/**
 * @param {Snapshot} snapshot
 * @returns {Board}
 */
export function fromSnapshot({ window, epoch, seq, rows, players, as_of, source }) {
  return { window, epoch, seq, rows: inOrder(rows), players, asOf: as_of, source };
}

/**
 * What to do with a diff: "apply" it, "ignore" it because the board already holds what it tells, or "resync" because
 * the board it builds on is not the one held.
 *
 * @param {Board | null} board
 * @param {Diff} diff
 * @returns {"apply" | "ignore" | "resync"}
 */
export function judge(board, diff) {
  if (board === null || board.seq === null || board.window !== diff.window || board.epoch !== diff.epoch) {
    return "resync";
  }
  if (board.seq === diff.from) {
    return "apply";
  }
  return diff.seq <= board.seq ? "ignore" : "resync";
}

/**
 * The board after a diff that `judge` calls "apply".
 *
 * @param {Board} board
 * @param {Diff} diff
 * @returns {Board}
 */
export function apply(board, diff) {
  const rows = new Map(board.rows.map((row) => [row.user_id, row]));
  for (const userId of diff.gone) {
    rows.delete(userId);
  }
  for (const row of diff.rows) {
    rows.set(row.user_id, row);
  }
  return {
    ...board,
    seq: diff.seq,
    rows: inOrder([...rows.values()]),
    players: diff.players,
    asOf: diff.as_of,
  };
}

/**
 * True where a beat tells of another board than the one held: some frame was lost or wrongly applied.
 *
 * @param {Board} board
 * @param {Beat["boards"][number]} told
 * @returns {boolean}
 */
export function strayed(board, told) {
  return board.epoch !== told.epoch || board.seq !== told.seq || crc(board.rows) !== told.crc;
}

/**
 * The rows' CRC-32 (the one of zlib) in eight hex digits, over `user_id:rank:total_score` joined by commas.
 *
 * @param {readonly Row[]} rows in board order
 * @returns {string}
 */
export function crc(rows) {
  const text = rows.map((row) => `${row.user_id}:${row.rank}:${row.total_score}`).join(",");
  let sum = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    sum ^= text.charCodeAt(at); // digits, colons and commas only: one byte each
    for (let bit = 0; bit < 8; bit += 1) {
      sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
    }
  }
  return (~sum >>> 0).toString(16).padStart(8, "0");
}

/**
 * @param {readonly Row[]} rows
 * @returns {Row[]}
 */
function inOrder(rows) {
  return [...rows].sort((a, b) => a.rank - b.rank || a.user_id - b.user_id);
}
