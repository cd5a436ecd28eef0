/** One player's place in words; the same examples hold the server's pages (tests/unit/test_standing.py). */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { goal, placeInWords, topPercent } from "../../frontend/static/frontend/standing.js";

const examples = JSON.parse(readFileSync(new URL("../examples/standing_words.json", import.meta.url), "utf8"));

for (const { rank, players, says } of examples.top_percent) {
  test(`rank ${rank} of ${players} is: ${says}`, () => {
    assert.equal(topPercent(rank, players), says);
  });
}

for (const { rows, own, says } of examples.goal) {
  test(`player ${own} of ${JSON.stringify(rows)} reads: ${says}`, () => {
    const neighbours = rows.map(([user_id, username, rank, total_score]) => ({ user_id, username, rank, total_score }));
    const row = neighbours.find(({ user_id }) => user_id === own);

    assert.equal(goal(neighbours, row), says);
  });
}

const alice = { user_id: 1, username: "alice", rank: 12, total_score: 1900 };

test("a listener hears of a new rank, of a player taken off the board, and of one who is back", () => {
  assert.equal(placeInWords(alice, { ...alice, rank: 11 }), "alice is now at rank 11 with 1,900.");
  assert.equal(placeInWords(alice, undefined), "The board no longer shows alice.");
  assert.equal(placeInWords(undefined, alice), "alice is now at rank 12 with 1,900.");
});

test("points alone are no news", () => {
  assert.equal(placeInWords(alice, { ...alice, total_score: 1950 }), "");
  assert.equal(placeInWords(undefined, undefined), "");
});
