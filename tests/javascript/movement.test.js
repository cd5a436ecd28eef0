/** How places changed, as far as a page saw it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, sharedRanks } from "../../frontend/static/frontend/movement.js";

const [alice, bob, charlie] = ["alice", "bob", "charlie"].map((username, at) => ({
  user_id: at + 1,
  username,
  rank: at + 1,
  total_score: 100 - at,
}));
const everybody = [alice, bob, charlie];
const arrivals = true;

/** Who stands where after `charlie` passed the two others. */
const passed = [
  { ...charlie, rank: 1 },
  { ...alice, rank: 2 },
  { ...bob, rank: 3 },
];

test("who passes two goes up two, and these go down one each", () => {
  const moves = moved(new Map(), everybody, passed, { arrivals });

  assert.deepEqual(
    [...moves],
    [
      [3, { kind: "up", places: 2 }],
      [1, { kind: "down", places: 1 }],
      [2, { kind: "down", places: 1 }],
    ],
  );
});

test("a move stands until the same player's rank changes again", () => {
  const first = moved(new Map(), everybody, passed, { arrivals });
  const second = moved(first, passed, [passed[0], { ...bob, rank: 2 }, { ...alice, rank: 3 }], { arrivals });

  assert.deepEqual(second.get(3), { kind: "up", places: 2 });
  assert.deepEqual(second.get(2), { kind: "up", places: 1 });
});

test("who was not in view is new on a board, and nothing in a frame that moves along it", () => {
  assert.deepEqual(moved(new Map(), [alice], [alice, bob], { arrivals }).get(2), { kind: "new" });
  assert.equal(moved(new Map(), [alice], [alice, bob], { arrivals: false }).has(2), false);
});

test("who leaves the view is forgotten", () => {
  const moves = moved(new Map([[2, { kind: "up", places: 1 }]]), [alice, bob], [alice], { arrivals });

  assert.deepEqual([...moves], []);
});

test("points that move nobody make no move", () => {
  assert.equal(moved(new Map(), everybody, [{ ...alice, total_score: 900 }, bob, charlie], { arrivals }).size, 0);
});

test("the ranks that several rows share are known, others are not", () => {
  assert.deepEqual([...sharedRanks([alice, bob, { ...charlie, rank: 2 }])], [2]);
  assert.equal(sharedRanks(everybody).size, 0);
});

test("a rank is shared where the next one leaves a gap, though the other player is out of view", () => {
  const rows = [
    { ...alice, rank: 4 },
    { ...bob, rank: 6 },
  ];

  assert.deepEqual([...sharedRanks(rows)], [4]);
});
