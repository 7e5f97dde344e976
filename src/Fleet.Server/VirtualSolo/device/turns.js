// Runs turns one after the other. A turn changes the device at once and waits for nothing. If it changed the journal,
// its effects (frames, the screen, answers) wait until the journal is on disk: a crash at any point loses the whole
// turn, or none of it.

export class Turns {
  #clock;
  #journal;
  #device;
  #waiting = [];
  #effects = [];
  #cancelAlarm = null;
  #running = false;
  #over = false;

  /**
   * @param {object} clock `now` in milliseconds of a clock that never jumps, and `after`
   * @param {object} journal
   * @param {object} device
   * `advance(now)` ends each turn: it does what is due, and returns when the next action is due;
   * `written()` is called when the journal is on disk, and tells whether the device is still alive;
   * `shown()` is called when the effects of the turn are out; `broken(error)` when the journal cannot be written
   */
  constructor(clock, journal, device) {
    this.#clock = clock;
    this.#journal = journal;
    this.#device = device;
  }

  /** Runs a turn after those that wait; none when the device is off. */
  take(move) {
    if (this.#over) return;
    this.#waiting.push(move);
    if (!this.#running) void this.#run();
  }

  /** Does something outside, in order, when this turn is on disk. */
  then(effect) {
    this.#effects.push(effect);
  }

  /** Power off: no further turn and no further effect. */
  end() {
    this.#over = true;
    this.#effects = [];
    this.#cancelAlarm?.();
  }

  async #run() {
    this.#running = true;
    try {
      while (this.#waiting.length && !this.#over) {
        const due = this.#move(this.#waiting.shift());
        if (this.#journal.isDirty) {
          await this.#journal.save();
          if (!this.#device.written()) return;
        }
        this.#showEffects();
        if (!this.#over && !this.#waiting.length) this.#setAlarm(due);
      }
    } catch (error) {
      // A device must not do what it cannot write down.
      this.end();
      this.#device.broken(error);
    } finally {
      this.#running = false;
    }
  }

  #move(move) {
    const now = this.#clock.now();
    move(now);
    return this.#device.advance(now);
  }

  #showEffects() {
    const effects = this.#effects;
    this.#effects = [];
    for (const effect of effects) {
      if (this.#over) return;
      effect();
    }
    if (!this.#over) this.#device.shown();
  }

  #setAlarm(due) {
    this.#cancelAlarm?.();
    this.#cancelAlarm = null;
    if (due === Infinity) return;
    this.#cancelAlarm = this.#clock.after(Math.max(0, Math.ceil(due - this.#clock.now())), () => this.take(() => {}));
  }
}
