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
 * The ranks that several players share, in view or beyond its upper end: after a rank that three share, the next one is
 * three higher. Only below the last row that cannot be seen. `shown.py` knows the same.
 *
 * @param {readonly Row[]} rows neighbours on a board
 * @returns {Set<number>}
 */
export function sharedRanks(rows) {
  const shared = rows.filter(({ rank }, at) => {
    const following = rows[at + 1]?.rank ?? rank + 1;
    return following !== rank + 1;
  });
  return new Set(shared.map(({ rank }) => rank));
}
