// One connection of a device to Fleet: answers pings at once, notices silence, and passes frames on, late if the line is
// slow.

import {
  dialLimit, maxFrameBytes, maxUnsentBytes, protocolError, settledAfter, silenceLimit, subProtocol,
} from './words.js';

const types = [
  'pairing_code', 'paired', 'unpaired', 'welcome', 'checkout', 'granted', 'refused', 'ack', 'terminate', 'ping', 'act',
  'configure',
];

/** One connection, from dialling to its end. */
export class Connection {
  #socket;
  #clock;
  #line;
  #listener;
  #openedAt = null;
  #heardAt;
  #closed = false;
  #trouble = null;
  #cancelWatch;

  /** Frames that come late, in their order. */
  #late = { in: [], out: [] };

  /**
   * @param {object} socket like the browser's, just opened
   * @param {object} clock
   * @param {{lag: number}} line by how many milliseconds each frame is late
   * @param {object} listener
   * `opened(connection)`, `heard(connection, frame)`, `passed(direction, frame)` for each frame, and
   * `ended(connection, { code, settled, why })`
   */
  constructor(socket, clock, line, listener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#line = line;
    this.#listener = listener;
    this.#heardAt = clock.now();
    socket.onopen = () => this.#open();
    socket.onmessage = event => this.#hear(event.data);
    socket.onclose = event => this.#end(event.code, event.reason);
    this.#watch(dialLimit);
  }

  send(frame) {
    const text = JSON.stringify(frame);
    this.#pass('out', () => {
      this.#socket.send(text);
      this.#listener.passed('out', frame);
      if (this.#socket.bufferedAmount > maxUnsentBytes) this.close('Too much waits to be sent.');
    });
  }

  /** Ends the connection at once, also when the network does not answer. */
  close(trouble = null, code = 1000) {
    if (this.#closed) return;
    this.#trouble ??= trouble;
    try {
      this.#socket.close(code, code === protocolError ? trouble.slice(0, 100) : '');
    } catch {
      // It was not open yet, or the text cannot be sent: the end is the same.
    }
    this.#end(undefined, '');
  }

  #open() {
    if (this.#closed) return;
    if (this.#socket.protocol !== subProtocol) {
      this.close(`The server does not speak ${subProtocol}.`);
      return;
    }
    this.#openedAt = this.#heardAt = this.#clock.now();
    this.#listener.opened(this);
  }

  #hear(data) {
    if (this.#closed) return;
    this.#heardAt = this.#clock.now();
    const { frame, wrong } = readFrame(data);
    if (wrong) {
      this.close(wrong, protocolError);
      return;
    }
    this.#pass('in', () => {
      this.#listener.passed('in', frame);
      // At once: not after a payment, and not after a write to disk.
      if (frame.type === 'ping') this.send({ type: 'pong' });
      else this.#listener.heard(this, frame);
    });
  }

  /** Sends what the slow line holds back. */
  flush() {
    for (const effect of this.#late.out.splice(0)) effect();
  }

  /** Passes a frame on, late if the line is slow, and never before an earlier one. */
  #pass(direction, effect) {
    const late = this.#late[direction];
    if (this.#line.lag === 0 && !late.length) effect();
    else {
      late.push(effect);
      this.#clock.after(this.#line.lag, () => { if (!this.#closed) late.shift()?.(); });
    }
  }

  #watch(limit) {
    const left = this.#heardAt + limit - this.#clock.now();
    this.#cancelWatch = this.#clock.after(Math.max(1, left), () => {
      const limitNow = this.#openedAt === null ? dialLimit : silenceLimit;
      if (this.#clock.now() < this.#heardAt + limitNow) this.#watch(limitNow);
      else this.close(this.#openedAt === null ? 'No connection in time.' : 'Nothing was heard for too long.');
    });
  }

  #end(code, reason) {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelWatch();
    const settled = this.#openedAt !== null && this.#heardAt - this.#openedAt >= settledAfter;
    const closed = this.#openedAt === null
      ? 'Fleet cannot be reached.' : `Fleet closed the connection: ${code} ${reason}`.trim();
    const why = this.#trouble ?? closed;
    this.#listener.ended(this, { code, settled, why });
  }
}

function readFrame(data) {
  if (typeof data !== 'string') return { wrong: 'Frames are text, not bytes.' };
  if (new TextEncoder().encode(data).length > maxFrameBytes) return { wrong: 'The frame is too large.' };
  try {
    const frame = JSON.parse(data);
    return types.includes(frame?.type) ? { frame } : { wrong: 'The frame has no known type.' };
  } catch {
    return { wrong: 'The frame is not JSON.' };
  }
}
