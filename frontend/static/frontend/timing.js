// @ts-check
/** Every timeout and pace of the page, in one place. */

export const TIMING = Object.freeze({
  /** Never knock faster than this, however often a connection breaks. */
  retryFloorMs: 500,
  /** The longest first wait; it doubles with each failure. */
  retryFirstMs: 1_000,
  /** The longest wait of all. */
  retryCeilingMs: 30_000,
  /** A connection that lived this long ends a row of failures. */
  steadyMs: 5_000,
  /** From opening the socket to the server's handshake. */
  handshakeMs: 10_000,
  /** From a question (subscribe, resync) to the board. */
  answerMs: 8_000,
  /** The server sends a beat every 10 s; two and a half without any frame is a dead line. */
  silenceMs: 25_000,
  /** A page that comes back into view asks for a pong when its last frame is older than this ... */
  doubtMs: 12_000,
  /** ... and gives up the line when nothing answers for this long. */
  probeMs: 3_000,
  /** A page that has no socket asks again so long after each answer. */
  pollMs: 1_000,
  /** The page in place of one that could not be made looks again after this. */
  lookMs: 3_000,
  /** A page that could not be refreshed for this long says since when, and turns pale. */
  staleMs: 10_000,
  /** From the last key in the search field to the question: typing is not interrupted by answers to half a word. */
  typingMs: 150,
  /** Rows glide to their new place: long enough to follow, shorter than the pause between most changes. */
  glideMs: 520,
  /** A new row, or a board that was empty, fades in. */
  appearMs: 320,
  /** A changed score stays marked. */
  markMs: 1_800,
  /** A screen reader hears about the board at most this often. */
  speakEveryMs: 8_000,
});
