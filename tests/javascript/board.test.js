/** The page's board obeys the examples that Python obeys, too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { apply, crc, fromSnapshot, judge, parseFrame, strayed } from "../../frontend/static/frontend/board.js";

const examples = JSON.parse(readFileSync(new URL("../examples/board_diffs.json", import.meta.url), "utf8"));

for (const { name, before, frame, outcome, after, crc: expectedCrc } of examples) {
  test(`example: ${name}`, () => {
    const held = fromSnapshot(before);

    const [verdict, board] = receive(held, frame);

    assert.equal(verdict, outcome);
    assert.deepEqual(board, fromSnapshot(after));
    assert.equal(crc(board.rows), expectedCrc);
  });
}

function receive(held, frame) {
  if (frame.type === "snapshot") {
    return ["apply", fromSnapshot(frame)];
  }
  const verdict = judge(held, frame);
  return [verdict, verdict === "apply" ? apply(held, frame) : held];
}

test("a diff for a page without a board asks for a snapshot", () => {
  const { frame } = examples.find((example) => example.frame.type === "diff");

  assert.equal(judge(null, frame), "resync");
});

test("applying a diff leaves the board before it as it was", () => {
  const { before, frame } = examples.find((example) => example.outcome === "apply" && example.frame.type === "diff");
  const held = fromSnapshot(before);
  const copy = structuredClone(held);

  apply(held, frame);

  assert.deepEqual(held, copy);
});

test("a beat of the same state and rows finds the board in place", () => {
  const { before } = examples[0];
  const held = fromSnapshot(before);
  const told = { board: "global", window: before.window, epoch: held.epoch, seq: held.seq, crc: crc(held.rows) };

  assert.equal(strayed(held, told), false);
  assert.equal(strayed(held, { ...told, crc: "00000000" }), true);
  assert.equal(strayed(held, { ...told, seq: held.seq + 1 }), true);
  assert.equal(strayed(held, { ...told, epoch: "other" }), true);
});

test("the checksum is the CRC-32 of zlib", () => {
  assert.equal(crc([]), "00000000");
  assert.equal(crc([{ user_id: 7, username: "ada", rank: 1, total_score: 900 }]), "84bb31da");
});

for (const [what, text] of [
  ["no JSON", "{"],
  ["a list", "[]"],
  ["null", "null"],
  ["a number as type", '{"type":1}'],
  ["binary", new ArrayBuffer(2)],
]) {
  test(`${what} is no frame`, () => {
    assert.equal(parseFrame(text), null);
  });
}

test("a frame of a type from the future is still a frame", () => {
  assert.deepEqual(parseFrame('{"type":"confetti"}'), { type: "confetti" });
});
