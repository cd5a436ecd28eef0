/** When a page says that it has grown old. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Freshness } from "../../frontend/static/frontend/freshness.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";
import { Outside } from "./outside.js";

const SINCE = 12_345;

function watched() {
  const outside = new Outside();
  const said = [];
  const freshness = new Freshness({
    after: outside.after,
    levelAt: () => SINCE,
    onStale: (since) => said.push(since),
    onFresh: () => said.push("fresh"),
  });
  return { outside, said, be: (...kinds) => kinds.map((kind) => freshness.connection({ kind })) };
}

test("a page that cannot be refreshed for a while says since when, once", () => {
  const { outside, said, be } = watched();

  be("live", "waiting");
  outside.pass(TIMING.staleMs - 1);
  const before = [...said];
  be("connecting", "waiting");
  outside.pass(10 * TIMING.staleMs);

  assert.deepEqual(before, []);
  assert.deepEqual(said, [SINCE]);
});

test("a page that is live again is fresh again", () => {
  const { outside, said, be } = watched();

  be("offline");
  outside.pass(TIMING.staleMs);
  be("catching_up", "database");

  assert.deepEqual(said, [SINCE, "fresh"]);
});

test("a short break is not worth a word", () => {
  const { outside, said, be } = watched();

  be("live", "waiting");
  outside.pass(TIMING.staleMs - 1);
  be("live");
  outside.pass(10 * TIMING.staleMs);

  assert.deepEqual(said, []);
});
