// @ts-check
/** What the page says: the connection's state, numbers, times, and what happened on the board. Pure. */

/** @typedef {import("./board.js").Row} Row */
/** @typedef {import("./connection.js").State} State */

const NUMBERS = new Intl.NumberFormat("en");
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @type {Readonly<Record<number, string>>} */
const STOPPED = Object.freeze({
  4004: "This board is not available",
  4007: "Too many pages are open; close one and reload",
});

/**
 * @param {State} state
 * @param {number} now on the clock of `state.until`
 * @returns {string}
 */
export function stateInWords(state, now) {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "catching_up":
      return "Catching up";
    case "live":
      return "Live";
    case "database":
      return "Board rebuilding – shown from the database";
    case "offline":
      return "Offline";
    case "waiting": {
      const seconds = Math.ceil((state.until - now) / 1000);
      return seconds > 0 ? `Reconnecting in ${seconds} s` : "Reconnecting";
    }
    case "stopped":
      return STOPPED[state.code] ?? "Closed by the server; reload to try again";
  }
}

/** @param {number} count */
export function playersInWords(count) {
  return count === 1 ? "1 player" : `${number(count)} players`;
}

/** @param {number} value */
export function number(value) {
  return NUMBERS.format(value);
}

/** @param {number} points not 0 */
export function gain(points) {
  return points > 0 ? `+${number(points)}` : `−${number(-points)}`;
}

/**
 * How a player's place last changed: for eyes, and for ears.
 *
 * @param {import("./movement.js").Move} move
 * @returns {{sign: string, spoken: string}}
 */
export function moveInWords(move) {
  if (move.kind === "new") {
    return { sign: "new", spoken: "new" };
  }
  const places = move.places === 1 ? "1 place" : `${number(move.places)} places`;
  const sign = move.kind === "up" ? "▲" : "▼";
  return { sign: `${sign}${move.places > 999 ? "999+" : move.places}`, spoken: `${move.kind} ${places}` };
}

/**
 * The time of day where the viewer is.
 *
 * @param {string} iso
 */
export function clockTime(iso) {
  return CLOCK.format(new Date(iso));
}

/**
 * What a listener should know of a change, in one or two sentences; empty where nobody changed place.
 *
 * @param {readonly Row[]} before
 * @param {readonly Row[]} after
 * @returns {string}
 */
export function changeInWords(before, after) {
  const old = new Map(before.map((row) => [row.user_id, row]));
  const leader = after[0];
  if (leader === undefined) {
    return before.length === 0 ? "" : "The board is empty.";
  }
  const sentences = [];
  if (leader.user_id !== before[0]?.user_id) {
    sentences.push(`${leader.username} leads with ${number(leader.total_score)}.`);
  }
  const risen = after.find(
    (row) => row !== leader && row.rank < (old.get(row.user_id)?.rank ?? Number.POSITIVE_INFINITY),
  );
  if (risen !== undefined && before.length > 0) {
    sentences.push(`${risen.username} is now at rank ${risen.rank} with ${number(risen.total_score)}.`);
  }
  return sentences.join(" ");
}
