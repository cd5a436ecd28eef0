// @ts-check
/** When to come back after a connection ended. Pure: randomness is an argument. */

/** @typedef {import("./board.js").Wait} Wait */

/** Close codes after which knocking again is useless: expired, banned, no such board, protocol, too many sockets. */
const FINAL = new Set([4001, 4003, 4004, 4005, 4007]);

/** Close codes that ask the client to come back at once: resync needed, no pong. */
const AT_ONCE = new Set([4200, 4201]);

/**
 * How long to wait before the next attempt, in milliseconds, or null for never.
 *
 * The server's own wish wins; otherwise full jitter (anything between the floor and a ceiling that doubles), so that
 * a thousand pages that lost one server do not knock together.
 *
 * @param {object} end
 * @param {number} end.code the close code, or the one of the server's `bye`
 * @param {number} end.failures attempts that failed in a row before this one
 * @param {Wait} [end.wish] the server's `retry_ms`
 * @param {typeof import("./timing.js").TIMING} timing
 * @param {() => number} random in [0, 1)
 * @returns {number | null}
 */
export function pause({ code, failures, wish }, timing, random) {
  if (FINAL.has(code)) {
    return null;
  }
  if (Array.isArray(wish)) {
    return between(wish[0], wish[1], random);
  }
  if (typeof wish === "number") {
    return wish;
  }
  if (AT_ONCE.has(code) && failures === 0) {
    return 0;
  }
  const ceiling = Math.min(timing.retryCeilingMs, timing.retryFirstMs * 2 ** failures);
  return between(timing.retryFloorMs, ceiling, random);
}

/**
 * @param {number} low
 * @param {number} high
 * @param {() => number} random
 */
function between(low, high, random) {
  return Math.round(low + random() * (high - low));
}
