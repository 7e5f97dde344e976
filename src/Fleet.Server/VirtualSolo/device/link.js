// Keeps a device connected: dials for ever, and plays the faults of a network.

import { firstRedial, goingAway, longestRedial, redialAfterGoingAway } from './words.js';
import { Connection } from './connection.js';

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
