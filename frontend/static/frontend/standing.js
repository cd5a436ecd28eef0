// @ts-check
/**
 * What can be said about one player's place, in words. Pure.
 *
 * `standing.py` says the same; tests/examples/standing_words.json holds both to it.
 */

import { number } from "./words.js";

/** @typedef {import("./board.js").Row} Row */

/**
 * Within which part of the board a rank lies, rounded up: to whole percents, below one to tenths.
 *
 * @param {number} rank
 * @param {number} players
 */
export function topPercent(rank, players) {
  const tenths = Math.ceil((1000 * rank) / players);
  return tenths < 10 ? `Top 0.${tenths} %` : `Top ${Math.ceil((100 * rank) / players)} %`;
}

/**
 * What it takes to pass the next player, or by how much a leader leads.
 *
 * @param {readonly Row[]} rows the neighbours in board order, the player among them
 * @param {Row} own
 * @returns {string}
 */
export function goal(rows, own) {
  const next = rows.filter((row) => row.rank < own.rank).at(-1);
  if (next !== undefined) {
    return `${points(next.total_score - own.total_score + 1)} to pass ${next.username}`;
  }
  if (rows.length === 1) {
    return "Alone on the board";
  }
  if (own.rank > 1) {
    return "Tied with everybody near";
  }
  const [, second] = rows;
  return second === undefined || second.rank === 1
    ? "1 point to lead alone"
    : `Leads by ${points(own.total_score - second.total_score)}`;
}

/**
 * What a listener should know of a change of one player's place; empty where the rank stayed.
 *
 * @param {Row | undefined} before
 * @param {Row | undefined} after
 * @returns {string}
 */
export function placeInWords(before, after) {
  if (after === undefined) {
    return before === undefined ? "" : `The board no longer shows ${before.username}.`;
  }
  if (before === undefined || before.rank !== after.rank) {
    return `${after.username} is now at rank ${number(after.rank)} with ${number(after.total_score)}.`;
  }
  return "";
}

/** @param {number} count */
function points(count) {
  return count === 1 ? "1 point" : `${number(count)} points`;
}
