/** Time, chance and network for tests: a clock that moves when told, and sockets whose far end is the test. */

export class Outside {
  sockets = [];
  isOnline = true;
  chance = 0;
  #time = 1_000_000;
  #timers = new Set();

  online = () => this.isOnline;
  now = () => this.#time;
  random = () => this.chance;

  open = () => {
    const socket = new Socket();
    this.sockets.push(socket);
    return socket;
  };

  after = (ms, run) => {
    const timer = { at: this.#time + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Lets time pass; what falls due runs in order, at its own moment. */
  pass(ms) {
    const end = this.#time + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) {
        break;
      }
      this.#timers.delete(next);
      this.#time = next.at;
      next.run();
    }
    this.#time = end;
  }

  /** The newest socket. */
  get line() {
    return this.sockets.at(-1);
  }
}

class Socket {
  sent = [];
  closed = false;
  onopen = null;
  onmessage = null;
  onclose = null;

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  /** The far end accepts. */
  accept() {
    this.onopen?.();
  }

  /** The far end says something. */
  say(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** The far end, or the network, is gone. */
  break(code = 1006) {
    this.onclose?.({ code });
  }
}
