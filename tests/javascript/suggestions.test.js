/** Suggestions while somebody types. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Suggestions, suggestionInWords } from "../../frontend/static/frontend/suggestions.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";
import { Outside } from "./outside.js";

const ada = { user_id: 1, username: "ada" };
const settle = () => new Promise((resolve) => setImmediate(resolve));

function typing() {
  const outside = new Outside();
  const asked = [];
  const changes = [];
  const ask = (text, signal) =>
    new Promise((answer, refuse) => {
      signal.addEventListener("abort", () => refuse(signal.reason));
      asked.push({ text, answer, refuse });
    });
  const suggestions = new Suggestions({ ask, after: outside.after, onChange: (change) => changes.push(change) });
  return { asked, changes, outside, suggestions };
}

test("only what stands there when the typing pauses is asked", () => {
  const { asked, outside, suggestions } = typing();

  suggestions.typed("a");
  outside.pass(TIMING.typingMs - 1);
  suggestions.typed("ad");
  outside.pass(TIMING.typingMs);
  suggestions.typed(" ad ");
  outside.pass(TIMING.typingMs);

  assert.deepEqual(
    asked.map(({ text }) => text),
    ["ad"],
  );
});

test("the answer to an older question is dropped", async () => {
  const { asked, changes, outside, suggestions } = typing();

  suggestions.typed("a");
  outside.pass(TIMING.typingMs);
  suggestions.typed("ad");
  outside.pass(TIMING.typingMs);
  asked[0].answer([]);
  asked[1].answer([ada]);
  await settle();

  assert.deepEqual(changes, [{ kind: "asking" }, { kind: "asking" }, { kind: "found", players: [ada] }]);
});

test("an emptied field suggests nothing, at once", () => {
  const { asked, changes, outside, suggestions } = typing();

  suggestions.typed("a");
  suggestions.typed("");
  outside.pass(TIMING.typingMs);

  assert.deepEqual(asked, []);
  assert.deepEqual(changes, [{ kind: "none" }]);
});

test("a server that does not answer is said, and the same text may be tried again", async () => {
  const { asked, changes, outside, suggestions } = typing();

  suggestions.typed("ad");
  outside.pass(TIMING.typingMs + TIMING.answerMs);
  await settle();
  suggestions.typed("ad");
  outside.pass(TIMING.typingMs);

  assert.deepEqual(changes[1], { kind: "away" });
  assert.equal(asked.length, 2);
});

for (const [suggestion, words] of [
  [{ kind: "none" }, ""],
  [{ kind: "asking" }, "Searching"],
  [{ kind: "away" }, "No answer; press Enter to search"],
  [{ kind: "found", players: [] }, "No player’s name begins so"],
  [{ kind: "found", players: [ada] }, "1 player found"],
  [{ kind: "found", players: [ada, ada] }, "2 players found"],
]) {
  test(`${JSON.stringify(suggestion)} is heard as: ${words}`, () => {
    assert.equal(suggestionInWords(suggestion), words);
  });
}
