// Connections of a device to Fleet: dials for ever, answers pings at once, notices silence, and passes frames on. Also
// the faults of a network: no connection for a while, and frames that come late.

import {
  dialLimit, firstRedial, goingAway, longestRedial, maxFrameBytes, maxUnsentBytes, protocolError, redialAfterGoingAway,
  settledAfter, silenceLimit, subProtocol,
} from './words.js';

const types = [
  'pairing_code', 'paired', 'unpaired', 'welcome', 'checkout', 'granted', 'refused', 'ack', 'terminate', 'ping', 'act',
];

/** One connection, from dialling to its end. */
class Connection {
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

/** Keeps a device connected. */
export class Link {
  #options;
  #line = { lag: 0 };
  #connection = null;
  #cancelDial = null;
  #longest = firstRedial;
  #cutUntil = 0;
  #on = false;

  /**
   * @param {object} options
   * `clock`, `random()` from 0 to 1, `connect()` that opens a socket like the browser's, `device()` that is on now,
   * `tapped(direction, frame)` for each frame that passed, `changed()` when `trouble` did
   */
  constructor(options) {
    this.#options = options;
  }

  /** Why there is no connection; null while there is one. */
  trouble = null;

  get lag() { return this.#line.lag; }

  /** Milliseconds that the connection stays cut. */
  get cutFor() { return Math.max(0, this.#cutUntil - this.#options.clock.now()); }

  /** Connects, and connects again whenever the connection is lost. */
  start() {
    if (this.#on) return;
    this.#on = true;
    this.#longest = firstRedial;
    this.#dialAfter(this.cutFor);
  }

  stop() {
    this.#on = false;
    this.#cancelDial?.();
    this.#connection?.flush();
    this.#connection?.close('Switched off.');
  }

  /** Ends the connection, and dials again after so many milliseconds. */
  cut(ms) {
    this.#cutUntil = this.#options.clock.now() + ms;
    this.#connection?.flush(); // what was sent before the cut
    this.#connection?.close('The connection was cut.');
    if (this.#on) this.#dialAfter(ms);
  }

  /** Every frame in both directions comes so many milliseconds later. */
  setLag(ms) {
    this.#line.lag = ms;
  }

  #dialAfter(ms) {
    this.#cancelDial?.();
    this.#cancelDial = this.#options.clock.after(ms, () => this.#dial());
  }

  #dial() {
    const { clock, connect, device, tapped } = this.#options;
    this.#cancelDial = null;
    this.#connection = new Connection(connect(), clock, this.#line, {
      opened: connection => {
        this.#note(null);
        device()?.attach(connection);
      },
      heard: (connection, frame) => device()?.takeFrame(connection, frame),
      passed: tapped,
      ended: (connection, end) => this.#lose(connection, end),
    });
  }

  #lose(connection, end) {
    this.#connection = null;
    this.#options.device()?.detach(connection);
    this.#note(end.why);
    if (this.#on) this.#dialAfter(Math.max(this.cutFor, this.#waitAfter(end)));
  }

  /** Back-off with full jitter, so that devices that lost the same node do not dial at the same moment. */
  #waitAfter({ code, settled }) {
    if (settled || code === goingAway) this.#longest = firstRedial;
    if (code === goingAway) return redialAfterGoingAway * this.#options.random();
    const wait = this.#longest * this.#options.random();
    this.#longest = Math.min(longestRedial, this.#longest * 2);
    return wait;
  }

  #note(trouble) {
    this.trouble = trouble;
    this.#options.changed();
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
