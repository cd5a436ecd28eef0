/** Asking again and again: one question at a time, slower while it fails, not at all while nobody looks. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Poll, Refused } from "../../frontend/static/frontend/poll.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";
import { Outside } from "./outside.js";

/** Lets everything run that waits for a promise that is settled. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

function polling() {
  const outside = new Outside();
  const questions = [];
  const states = [];
  const answers = [];
  const ask = (signal) =>
    new Promise((answer, refuse) => {
      signal.addEventListener("abort", () => refuse(signal.reason));
      questions.push({ answer, refuse, signal });
    });
  const onAnswer = (answer) => {
    answers.push(answer);
    return "live";
  };
  const poll = new Poll({ ask, outside, onAnswer, onState: (state) => states.push(state) });
  return { answers, outside, poll, questions, states };
}

test("the next question comes a while after the answer, never beside another", async () => {
  const { answers, outside, poll, questions, states } = polling();

  poll.wake();
  poll.wake();
  outside.pass(TIMING.pollMs);
  assert.equal(questions.length, 1);
  questions[0].answer("first");
  await settle();
  outside.pass(TIMING.pollMs - 1);
  assert.equal(questions.length, 1);
  outside.pass(1);

  assert.equal(questions.length, 2);
  assert.deepEqual(answers, ["first"]);
  assert.deepEqual(states, [{ kind: "connecting" }, { kind: "live" }]);
});

test("questions that fail come later and later, and say when", async () => {
  const { outside, poll, questions, states } = polling();
  outside.chance = 0.999999;

  poll.wake();
  questions[0].refuse(new Error("no line"));
  await settle();
  outside.pass(1_000);
  questions[1].refuse(new Error("no line"));
  await settle();

  const waits = states.filter(({ kind }) => kind === "waiting");
  assert.deepEqual(
    waits.map(({ until }, at) => until - (1_000_000 + at * 1_000)),
    [1_000, 2_000],
  );
});

test("a server that names a time is asked again then", async () => {
  const { outside, poll, questions } = polling();

  poll.wake();
  questions[0].refuse(new Refused(7_000));
  await settle();
  outside.pass(6_999);
  assert.equal(questions.length, 1);
  outside.pass(1);

  assert.equal(questions.length, 2);
});

test("a question that nobody answers is given up", async () => {
  const { outside, poll, questions, states } = polling();

  poll.wake();
  outside.pass(TIMING.answerMs);
  await settle();

  assert.equal(questions[0].signal.aborted, true);
  assert.equal(states.at(-1).kind, "waiting");
});

test("a page that rests asks nothing, and an answer that comes all the same is dropped", async () => {
  const { answers, outside, poll, questions } = polling();

  poll.wake();
  poll.rest();
  questions[0].answer("late");
  await settle();
  outside.pass(60_000);
  assert.equal(questions.length, 1);
  assert.deepEqual(answers, []);
  poll.wake();

  assert.equal(questions.length, 2);
});

test("without a network it says offline, and asks at once when woken", async () => {
  const { outside, poll, questions, states } = polling();
  poll.wake();

  outside.isOnline = false;
  poll.lose();
  await settle();
  outside.isOnline = true;
  poll.wake();
  questions[1].answer("back");
  await settle();

  assert.deepEqual(
    states.map(({ kind }) => kind),
    ["connecting", "offline", "connecting", "live"],
  );
});

test("it knows when it last showed what the server has", async () => {
  const { outside, poll, questions } = polling();

  poll.wake();
  questions[0].answer("first");
  await settle();
  const answered = outside.now();
  outside.pass(TIMING.pollMs);
  questions[1].refuse(new Error("no line"));
  await settle();

  assert.equal(poll.levelAt, answered);
});
