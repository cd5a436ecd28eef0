/** What the page says, and how often a screen reader hears of it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Announcer } from "../../frontend/static/frontend/announcer.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";
import {
  changeInWords,
  clockTime,
  gain,
  moveInWords,
  playersInWords,
  stateInWords,
} from "../../frontend/static/frontend/words.js";
import { Outside } from "./outside.js";

const alice = { user_id: 1, username: "alice", rank: 1, total_score: 1900 };
const bob = { user_id: 2, username: "bob", rank: 2, total_score: 700 };
const charlie = { user_id: 3, username: "charlie", rank: 3, total_score: 500 };

for (const [state, expected] of [
  [{ kind: "connecting" }, "Connecting"],
  [{ kind: "catching_up" }, "Catching up"],
  [{ kind: "live" }, "Live"],
  [{ kind: "offline" }, "Offline"],
  [{ kind: "database" }, "Board rebuilding – shown from the database"],
  [{ kind: "waiting", until: 12_001 }, "Reconnecting in 3 s"],
  [{ kind: "waiting", until: 9_000 }, "Reconnecting"],
  [{ kind: "stopped", code: 4004 }, "This board is not available"],
  [{ kind: "stopped", code: 4005 }, "Closed by the server; reload to try again"],
]) {
  test(`${JSON.stringify(state)} reads: ${expected}`, () => {
    assert.equal(stateInWords(state, 10_000), expected);
  });
}

test("numbers are grouped, and points say their direction", () => {
  assert.equal(playersInWords(90211), "90,211 players");
  assert.equal(playersInWords(1), "1 player");
  assert.equal(gain(1250), "+1,250");
  assert.equal(gain(-40), "−40");
});

for (const [move, sign, spoken] of [
  [{ kind: "up", places: 2 }, "▲2", "up 2 places"],
  [{ kind: "down", places: 1 }, "▼1", "down 1 place"],
  [{ kind: "up", places: 12_345 }, "▲999+", "up 12,345 places"],
  [{ kind: "new" }, "new", "new"],
]) {
  test(`a move reads ${sign} and is heard as: ${spoken}`, () => {
    assert.deepEqual(moveInWords(move), { sign, spoken });
  });
}

test("the time of day is told to the second, where the viewer is", () => {
  assert.match(clockTime("2026-11-21T12:00:07Z"), /^\d\d:\d\d:07$/);
});

test("a new leader and a player who rose are named", () => {
  const after = [
    { ...charlie, rank: 1, total_score: 2000 },
    { ...alice, rank: 2 },
    { ...bob, rank: 3 },
  ];

  assert.equal(changeInWords([alice, bob, charlie], after), "charlie leads with 2,000.");
});

test("a newcomer below the leader is named with rank and score", () => {
  assert.equal(changeInWords([alice, bob], [alice, bob, charlie]), "charlie is now at rank 3 with 500.");
});

test("points that move nobody are no news, nor is a board that stays empty", () => {
  assert.equal(changeInWords([alice, bob], [alice, { ...bob, total_score: 701 }]), "");
  assert.equal(changeInWords([], []), "");
});

test("a board that loses its last player says so, and one that gains its first names the leader", () => {
  assert.equal(changeInWords([alice], []), "The board is empty.");
  assert.equal(changeInWords([], [alice]), "alice leads with 1,900.");
});

function listener(rows) {
  const outside = new Outside();
  const heard = [];
  const speak = (text) => heard.push(text);
  const announcer = new Announcer({ known: rows, inWords: changeInWords, speak, after: outside.after });
  return { announcer, outside, heard };
}

test("a burst is one sentence now and one about where it ended", () => {
  const { announcer, outside, heard } = listener([alice]);
  const second = { ...bob, rank: 2 };

  announcer.changed([alice, second]);
  announcer.changed([
    { ...second, rank: 1, total_score: 1901 },
    { ...alice, rank: 2 },
  ]);
  announcer.changed([
    { ...second, rank: 1, total_score: 1950 },
    { ...alice, rank: 2 },
  ]);
  const atOnce = [...heard];
  outside.pass(TIMING.speakEveryMs);

  assert.deepEqual(atOnce, ["bob is now at rank 2 with 700."]);
  assert.deepEqual(heard.slice(1), ["bob leads with 1,950."]);
});

test("who rose and fell again within the pause is no news", () => {
  const { announcer, outside, heard } = listener([alice]);

  announcer.changed([alice, bob]);
  announcer.changed([
    { ...bob, rank: 1, total_score: 9999 },
    { ...alice, rank: 2 },
  ]);
  announcer.changed([alice, bob]);
  outside.pass(10 * TIMING.speakEveryMs);

  assert.equal(heard.length, 1);
});

test("a lost line is told once, and once when it is back", () => {
  const { announcer, heard } = listener([alice]);

  for (const kind of ["connecting", "live", "waiting", "connecting", "waiting", "catching_up", "live", "live"]) {
    announcer.connection({ kind });
  }

  assert.deepEqual(heard, ["Connection lost. The board stands still.", "The board is live again."]);
});
