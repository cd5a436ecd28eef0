// @ts-check
/** How each player's place last changed, as far as this page saw it. Pure. */

/** @typedef {import("./board.js").Row} Row */

/** @typedef {{kind: "up" | "down", places: number} | {kind: "new"}} Move */

/**
 * The moves after rows were replaced by newer ones. A move stands until the same player's rank changes again.
 *
 * @param {ReadonlyMap<number, Move>} moves by user id
 * @param {readonly Row[]} before
 * @param {readonly Row[]} after
 * @param {{arrivals: boolean}} how whether who was not in view before counts as new
 * @returns {Map<number, Move>}
 */
export function moved(moves, before, after, { arrivals }) {
  const ranks = new Map(before.map((row) => [row.user_id, row.rank]));
  /** @type {Map<number, Move>} */
  const now = new Map();
  for (const { user_id, rank } of after) {
    const move = step(ranks.get(user_id), rank, arrivals) ?? moves.get(user_id);
    if (move !== undefined) {
      now.set(user_id, move);
    }
  }
  return now;
}

/**
 * @param {number | undefined} from undefined for who was not in view
 * @param {number} to
 * @param {boolean} arrivals
 * @returns {Move | undefined}
 */
function step(from, to, arrivals) {
  if (from === undefined) {
    return arrivals ? { kind: "new" } : undefined;
  }
  return from === to ? undefined : { kind: to < from ? "up" : "down", places: Math.abs(to - from) };
}

/**
 * @param {readonly Row[]} rows
 * @returns {Set<number>} the ranks that several of the rows share
 */
export function sharedRanks(rows) {
  return new Set(rows.filter((row, at) => at > 0 && row.rank === rows[at - 1]?.rank).map((row) => row.rank));
}
