/** Conversations between the page and a server: only time and the network are pretended. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { crc } from "../../frontend/static/frontend/board.js";
import { Connection } from "../../frontend/static/frontend/connection.js";
import { TIMING } from "../../frontend/static/frontend/timing.js";
import { Outside } from "./outside.js";

const alice = { user_id: 1, username: "alice", rank: 1, total_score: 900 };
const bob = { user_id: 2, username: "bob", rank: 2, total_score: 700 };
const rendered = Object.freeze({
  window: "all",
  epoch: "k3",
  seq: 7,
  rows: [alice, bob],
  players: 2,
  asOf: "2026-11-21T12:00:00Z",
  source: "ranks",
});
const named = { board: "global", window: "all" };
const fresh = { players: 2, as_of: "2026-11-21T12:00:01Z" };

function snapshot(changes = {}) {
  return { type: "snapshot", ...named, epoch: "k3", seq: 7, rows: [alice, bob], ...fresh, source: "ranks", ...changes };
}

function diff(changes = {}) {
  const rows = [{ ...bob, total_score: 800 }];
  return { type: "diff", ...named, epoch: "k3", from: 7, seq: 8, rows, gone: [], ...fresh, ...changes };
}

function beat(board, changes = {}) {
  const told = { ...named, epoch: board.epoch, seq: board.seq, crc: crc(board.rows), ...changes };
  return { type: "beat", boards: [told] };
}

/** A page that has just been loaded and calls the server. */
function page({ board = rendered, isOnline = true } = {}) {
  const outside = new Outside();
  outside.isOnline = isOnline;
  const boards = [];
  const states = [];
  const connection = new Connection({
    slug: "global",
    board,
    outside,
    onBoard: (shown) => boards.push(shown),
    onState: (state) => states.push(state),
  });
  connection.wake();
  return { connection, outside, boards, states, kinds: () => states.map(({ kind }) => kind) };
}

/** The same, after the server said that the rendered board is current. */
function livePage() {
  const opened = page();
  opened.outside.line.accept();
  opened.outside.line.say({ type: "resumed", id: 1, ...named, epoch: "k3", seq: 7 });
  return opened;
}

test("a page subscribes with what the server rendered and keeps it when it is current", () => {
  const { outside, boards, kinds } = livePage();

  assert.deepEqual(outside.line.sent, [{ op: "subscribe", id: 1, board: "global", since: { epoch: "k3", seq: 7 } }]);
  assert.deepEqual(boards, []);
  assert.deepEqual(kinds(), ["connecting", "catching_up", "live"]);
});

test("a page rendered from the database subscribes without a state to resume from", () => {
  const { outside } = page({ board: { ...rendered, epoch: null, seq: null, source: "sql" } });

  outside.line.accept();

  assert.deepEqual(outside.line.sent, [{ op: "subscribe", id: 1, board: "global" }]);
});

test("a snapshot replaces the board, also when nobody asked for one", () => {
  const { outside, boards } = livePage();

  outside.line.say(snapshot({ epoch: "m9", seq: 1, rows: [bob] }));

  assert.deepEqual(
    boards.map(({ epoch, seq, rows }) => ({ epoch, seq, rows })),
    [{ epoch: "m9", seq: 1, rows: [bob] }],
  );
});

test("a diff that begins at the board held is applied", () => {
  const { outside, boards, kinds } = livePage();

  outside.line.say(diff());

  assert.equal(boards.at(-1).seq, 8);
  assert.equal(boards.at(-1).rows[1].total_score, 800);
  assert.equal(kinds().at(-1), "live");
});

test("a gap is answered by one resync, however many diffs follow, and healed by the snapshot", () => {
  const { outside, boards, kinds } = livePage();

  outside.line.say(diff({ from: 9, seq: 10 }));
  outside.line.say(diff({ from: 10, seq: 11 }));
  const kindBefore = kinds().at(-1);
  outside.line.say(snapshot({ seq: 11 }));

  assert.deepEqual(outside.line.sent.slice(1), [{ op: "resync", board: "global" }]);
  assert.equal(kindBefore, "catching_up");
  assert.equal(kinds().at(-1), "live");
  assert.equal(boards.at(-1).seq, 11);
});

test("a diff told twice changes nothing and asks for nothing", () => {
  const { outside, boards } = livePage();

  outside.line.say(diff());
  outside.line.say(diff());

  assert.equal(boards.length, 1);
  assert.equal(outside.line.sent.length, 1);
});

test("a beat that fits is only a sign of life; one with another checksum asks for the board", () => {
  const { outside } = livePage();

  outside.line.say(beat(rendered));
  const afterTheFirst = outside.line.sent.length;
  outside.line.say(beat(rendered, { crc: "deadbeef" }));

  assert.equal(afterTheFirst, 1);
  assert.deepEqual(outside.line.sent.at(-1), { op: "resync", board: "global" });
});

test("frames of another board, of an unknown type and of no sense are passed over", () => {
  const { outside, boards, kinds } = livePage();

  outside.line.say(snapshot({ board: "weekly", rows: [] }));
  outside.line.say({ type: "beat", boards: [] });
  outside.line.say({ type: "confetti" });
  outside.line.onmessage({ data: "{" });

  assert.deepEqual(boards, []);
  assert.equal(kinds().at(-1), "live");
});

test("a board from the database is shown and named so until the ranks are back", () => {
  const { outside, kinds } = livePage();

  outside.line.say(snapshot({ epoch: null, seq: null, source: "sql" }));
  outside.line.say(snapshot({ epoch: null, seq: null, source: "sql" }));
  outside.line.say(snapshot({ epoch: "m9", seq: 0 }));

  assert.deepEqual(kinds().slice(2), ["live", "database", "live"]);
});

test("a resumed state other than the one held is not trusted", () => {
  const { outside } = page();
  outside.line.accept();

  outside.line.say({ type: "resumed", id: 1, ...named, epoch: "k3", seq: 6 });

  assert.deepEqual(outside.line.sent.at(-1), { op: "resync", board: "global" });
});

test("a broken line is tried again after the pause and continues from the board held", () => {
  const { outside, states, kinds } = livePage();
  outside.line.say(diff());

  outside.line.break();
  outside.pass(499);
  const socketsBefore = outside.sockets.length;
  outside.pass(1);
  outside.line.accept();
  outside.line.say({ type: "resumed", id: 2, ...named, epoch: "k3", seq: 8 });

  assert.equal(socketsBefore, 1);
  assert.equal(outside.sockets.length, 2);
  assert.deepEqual(outside.line.sent[0].since, { epoch: "k3", seq: 8 });
  assert.deepEqual(kinds().slice(3), ["waiting", "connecting", "catching_up", "live"]);
  assert.equal(states[3].until, 1_000_000 + 500);
});

test("the pause grows while nobody answers and starts small again after a steady line", () => {
  const { outside, states } = livePage();
  outside.chance = 0.999999;
  const pauseAfter = (failure) => {
    failure();
    const ms = states.at(-1).until - outside.now();
    outside.pass(ms);
    return ms;
  };

  const growing = [1, 2, 3].map(() => pauseAfter(() => outside.line.break()));
  outside.line.accept();
  outside.line.say(snapshot());
  outside.pass(TIMING.steadyMs);
  const afterSteady = pauseAfter(() => outside.line.break());

  assert.deepEqual(growing, [1000, 2000, 4000]);
  assert.equal(afterSteady, 1000);
});

test("a server that accepts and falls over at once is not knocked down by the page", () => {
  const { outside, states } = page();
  outside.chance = 0.999999;
  const pauses = [1, 2, 3].map(() => {
    outside.line.accept();
    outside.line.break(1011);
    const ms = states.at(-1).until - outside.now();
    outside.pass(ms);
    return ms;
  });

  assert.deepEqual(pauses, [1000, 2000, 4000]);
});

test("the pause that the server asks for is kept", () => {
  const { outside, states } = livePage();

  outside.line.say({ type: "bye", code: 4101, reason: "drain", retry_ms: [7000, 20000] });

  assert.equal(states.at(-1).until - outside.now(), 7000);
  assert.equal(outside.line.closed, true);
});

test("a final bye ends it: neither time nor waking tries again", () => {
  const { connection, outside, states } = livePage();

  outside.line.say({ type: "bye", code: 4003, reason: "banned", retry_ms: null });
  outside.pass(600_000);
  connection.wake();
  connection.lose();

  assert.equal(outside.sockets.length, 1);
  assert.deepEqual(states.at(-1), { kind: "stopped", code: 4003 });
});

test("a refused board is final, a board that is away for now is asked for again", () => {
  const refused = page();
  refused.outside.line.accept();
  refused.outside.line.say({ type: "error", id: 1, code: "unknown_board", temporary: false, retry_ms: null });

  const away = page();
  away.outside.line.accept();
  away.outside.line.say({ type: "error", id: 1, code: "unavailable", temporary: true, retry_ms: 1500 });

  assert.deepEqual(refused.states.at(-1), { kind: "stopped", code: 4004 });
  assert.equal(away.states.at(-1).until - away.outside.now(), 1500);
});

test("a resync that is not granted begins anew with a subscription", () => {
  const { outside } = livePage();
  outside.line.say(diff({ from: 9, seq: 10 }));

  outside.line.say({ type: "error", code: "not_subscribed", temporary: false, retry_ms: null });
  outside.pass(500);
  outside.line.accept();

  assert.equal(outside.sockets.length, 2);
  assert.equal(outside.line.sent[0].op, "subscribe");
});

test("an error that answers no question of ours changes nothing", () => {
  const { outside, kinds } = livePage();

  outside.line.say({ type: "error", code: "unknown_op", temporary: false, retry_ms: null });

  assert.equal(kinds().at(-1), "live");
});

test("the network's return and a glance at the page connect at once, and once", () => {
  const { connection, outside } = livePage();
  outside.line.break();

  connection.wake();
  connection.wake();
  outside.pass(1000);

  assert.equal(outside.sockets.length, 2);
});

test("a machine without network says offline, still tries, and is live when it works", () => {
  const { connection, outside, kinds } = livePage();

  outside.isOnline = false;
  connection.lose();
  outside.pass(1000);
  const kindsOffline = kinds().slice(3);
  outside.isOnline = true;
  connection.wake();
  outside.line.accept();
  outside.line.say(snapshot());

  assert.deepEqual(new Set(kindsOffline), new Set(["offline"]));
  assert.equal(kinds().at(-1), "live");
});

test("a line on which no frame arrives is given up after two and a half beats", () => {
  const { outside, kinds } = livePage();

  outside.pass(TIMING.silenceMs - 1);
  const kindBefore = kinds().at(-1);
  outside.pass(1);

  assert.equal(kindBefore, "live");
  assert.equal(kinds().at(-1), "waiting");
  assert.equal(outside.sockets[0].closed, true);
});

test("beats keep a quiet line alive", () => {
  const { outside, kinds } = livePage();

  for (let count = 0; count < 10; count += 1) {
    outside.pass(10_000);
    outside.line.say(beat(rendered));
  }

  assert.equal(kinds().at(-1), "live");
  assert.equal(outside.sockets.length, 1);
});

test("a page that is looked at again asks a silent line for a pong and gives it up without one", () => {
  const { connection, outside, kinds } = livePage();
  outside.pass(TIMING.doubtMs + 1);

  connection.wake();
  outside.pass(TIMING.probeMs);

  assert.deepEqual(outside.sockets[0].sent.at(-1), { op: "ping" });
  assert.equal(kinds().at(-1), "waiting");
});

test("a pong takes the doubt away", () => {
  const { connection, outside, kinds } = livePage();
  outside.pass(TIMING.doubtMs + 1);

  connection.wake();
  outside.line.say({ type: "pong" });
  outside.pass(TIMING.probeMs);

  assert.equal(kinds().at(-1), "live");
});

test("a handshake and a question that nobody answers have an end", () => {
  const mute = page();
  mute.outside.pass(TIMING.handshakeMs);

  const forgetful = page();
  forgetful.outside.line.accept();
  for (let ms = 0; ms < TIMING.answerMs; ms += 1000) {
    forgetful.outside.line.say({ type: "beat", boards: [] }); // lively, but no answer
    forgetful.outside.pass(1000);
  }

  assert.equal(mute.states.at(-1).kind, "waiting");
  assert.equal(forgetful.states.at(-1).kind, "waiting");
});

test("a page that is put away lets go of the line and comes back when it is shown", () => {
  const { connection, outside } = livePage();

  connection.rest();
  outside.pass(600_000);
  const whileAway = outside.sockets.length;
  connection.wake();

  assert.equal(outside.sockets[0].closed, true);
  assert.equal(whileAway, 1);
  assert.equal(outside.sockets.length, 2);
});

test("what an old socket still says is not heard", () => {
  const { connection, outside, boards } = livePage();
  const old = outside.line;
  old.break();
  connection.wake();

  old.say(snapshot({ rows: [] }));
  old.break();

  assert.deepEqual(boards, []);
  assert.equal(outside.sockets.length, 2);
});
