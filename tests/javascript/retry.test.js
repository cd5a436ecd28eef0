/** When the page comes back after a connection ended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { pause } from "../../frontend/static/frontend/retry.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";

const least = () => 0;
const most = () => 0.999999;

test("the wait is anything between half a second and a ceiling that doubles up to thirty seconds", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 5000].map((failures) => pause({ code: 1006, failures }, TIMING, most));

  assert.deepEqual(ceilings, [1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
  assert.equal(pause({ code: 1006, failures: 9 }, TIMING, least), 500);
});

for (const code of [4001, 4003, 4004, 4005, 4007]) {
  test(`code ${code} ends it for good, whatever else is wished`, () => {
    assert.equal(pause({ code, failures: 0, wish: [1, 2] }, TIMING, least), null);
  });
}

for (const code of [4200, 4201]) {
  test(`code ${code} means at once, but not twice in a row`, () => {
    assert.equal(pause({ code, failures: 0 }, TIMING, least), 0);
    assert.equal(pause({ code, failures: 1 }, TIMING, least), 500);
  });
}

test("the server's wish wins over our own arithmetic", () => {
  assert.equal(pause({ code: 4101, failures: 0, wish: [5000, 20000] }, TIMING, least), 5000);
  assert.equal(pause({ code: 4101, failures: 7, wish: [5000, 20000] }, TIMING, most), 20000);
  assert.equal(pause({ code: 1006, failures: 3, wish: 250 }, TIMING, most), 250);
});

test("no wish is no wish", () => {
  assert.equal(pause({ code: 4100, failures: 0, wish: null }, TIMING, least), 500);
});
