// Obeys wishes: what a test (frame `act`) or a hand on the page wants to happen at the device. A wish is done in a
// turn, like a frame, and answered at the end of a turn, with what is on the device then.

import { keepsPresentFor, maxWaiting } from './words.js';
import { checkWish } from './check-wish.js';

export class Wishes {
  #slot;
  #reports;
  #world;
  #effects;

  /** Wishes that were not answered: `{ wish, answer, refused, until, waitsFor }`. */
  #open = [];

  /** A card that was presented before the card screen came: `{ entry, checkoutId, until }`. */
  #kept = null;

  /** The step of the script that belongs to a checkout: `{ checkoutId, wish }`. */
  #step = null;

  /** The granted payment that was met last. */
  #met = null;

  /** Whether it connects again as soon as no payment is in hand. */
  #redials = false;

  /**
   * @param {object} slot
   * @param {object} reports
   * @param {object} world what is around the device: its customers, its power, its network
   * @param {{battery: () => void, later: (effect: () => void) => void}} effects
   * tells Fleet of battery and connection; does something after the answers of this turn
   */
  constructor(slot, reports, world, effects) {
    this.#slot = slot;
    this.#reports = reports;
    this.#world = world;
    this.#effects = effects;
  }

  /** When the next wish is due without a frame. */
  get due() {
    return Math.min(this.#kept?.until ?? Infinity, ...this.#open.map(entry => entry.until));
  }

  /**
   * Does a wish.
   * @param {object} given the wish
   * @param {number} now
   * @param {number} version of the scene that is on the device
   * @param {(scene: object, refused: string | undefined) => void} answer called once, at the end of a turn
   * @param {boolean} byHand whether it comes from the page
   */
  take(given, now, version, answer, byHand) {
    const wish = withoutNulls(given ?? {});
    const refused = checkWish(wish, byHand) ?? (this.#open.length >= maxWaiting ? 'Too many wishes wait.' : undefined);
    const entry = { wish, answer, refused, until: now + (refused ? 0 : wish.wait_ms ?? 0), waitsFor: null };
    this.#open.push(entry);
    if (refused) return;
    if (wish.do === 'show') Object.assign(entry, { waitsFor: 'change', wish: { since: version, ...wish } });
    else this.#obey(entry, now);
  }

  /** Before anything else of a turn happens by itself: wishes come before the plan of the customer. */
  meetPayment(now) {
    const { paying, order } = this.#slot;
    if (this.#kept) this.#lookAtKept(now);
    if (!paying || paying === this.#met || this.#slot.isAuthorising) return;
    this.#met = paying;
    if (this.#step?.checkoutId !== order.checkout_id)
      this.#step = { checkoutId: order.checkout_id, wish: this.#world.script.shift() };
    if (this.#step.wish?.do === 'show') paying.leaveToWishes(now);
    else if (this.#step.wish) this.#slot.act(this.#step.wish, now);
  }

  /** Does what is due; after that nothing of this turn changes the device. */
  advance() {
    if (!this.#redials || !this.#slot.isFree) return;
    this.#redials = false;
    this.#effects.later(() => this.#world.redial());
  }

  /** Answers what can be answered now. */
  answer(scene, now) {
    const isQuiet = this.#slot.isFree && this.#reports.count === 0;
    // A version that is lower than the one that was seen belongs to an earlier life of the device.
    const isOver = ({ wish, until, waitsFor, refused }) => refused !== undefined || until <= now
      || (waitsFor === 'quiet' && isQuiet) || (waitsFor === 'change' && wish.since !== scene.version);
    const over = this.#open.filter(isOver);
    if (over.length) this.#open = this.#open.filter(entry => !over.includes(entry));
    for (const { answer, refused } of over) answer(scene, refused);
  }

  #obey(entry, now) {
    const { wish } = entry;
    switch (wish.do) {
      case 'present': return this.#present(entry, now);
      case 'power': return this.#leave(entry, now, () => this.#world.powerOff(wish.off_ms));
      case 'link': return this.#changeLink(entry, now);
      case 'set': return this.#set(entry, now);
      case 'script': this.#world.script = wish.steps.map(withoutNulls); break;
      case 'scenario': this.#world.changeBehaviour(wish); break;
      case 'reset': this.#reset(now); break;
      default: entry.refused = this.#slot.act(wish, now) ?? undefined;
    }
    this.#finish(entry, now);
  }

  /** The wish has taken effect: it is answered now, or when the device is quiet. */
  #finish(entry, now) {
    if (entry.wish.wait_ms) entry.waitsFor = 'quiet';
    else entry.until = now;
  }

  /** For what ends the connection: the answer goes first. */
  #leave(entry, now, effect) {
    entry.until = now;
    this.#effects.later(effect);
  }

  #present(entry, now) {
    const { phase, order } = this.#slot;
    if (phase === 'paying' || phase === 'authorising') this.#presentNow(entry, now);
    else if (this.#kept) entry.refused = 'A card waits to be presented already.';
    else {
      if (!entry.wish.wait_ms) entry.until = now; // answered at once; the card waits all the same
      this.#kept = {
        entry, checkoutId: order?.checkout_id ?? null, until: order ? Infinity : now + keepsPresentFor,
      };
    }
  }

  #presentNow(entry, now) {
    entry.refused = this.#slot.act(entry.wish, now) ?? undefined;
    this.#finish(entry, now);
  }

  #lookAtKept(now) {
    const { entry, checkoutId, until } = this.#kept;
    const { order, phase } = this.#slot;
    if (checkoutId && order?.checkout_id !== checkoutId) this.#dropKept('The payment ended before its card screen.');
    else if (phase === 'paying') {
      this.#kept = null;
      this.#met = this.#slot.paying;
      this.#step = { checkoutId: order.checkout_id, wish: entry.wish };
      this.#presentNow(entry, now);
    } else if (order) this.#kept = { entry, checkoutId: order.checkout_id, until: Infinity };
    else if (until <= now) this.#dropKept('No checkout came in time.');
  }

  #dropKept(why) {
    this.#kept.entry.refused = why;
    this.#kept = null;
  }

  #changeLink(entry, now) {
    const { cut_ms, lag_ms, swallow_results, repeat_results, die_after_charge, off_ms = 0 } = entry.wish;
    const { faults } = this.#world;
    if (swallow_results !== undefined) faults.swallow = swallow_results;
    if (repeat_results !== undefined) faults.repeat = repeat_results;
    if (die_after_charge !== undefined) faults.diesFor = die_after_charge ? off_ms : null;
    if (lag_ms !== undefined) this.#effects.later(() => this.#world.setLag(lag_ms));
    if (cut_ms === undefined) this.#finish(entry, now);
    else this.#leave(entry, now, () => this.#world.cutLink(cut_ms));
  }

  #set(entry, now) {
    const { battery, connection, firmware, updating } = entry.wish;
    if (updating && !this.#slot.isFree) {
      entry.refused = 'A payment is in hand.';
      return;
    }
    const { settings } = this.#world;
    if (updating !== undefined) this.#slot.setUpdating(updating, now);
    settings.battery = battery ?? settings.battery;
    settings.connection = connection ?? settings.connection;
    if (battery !== undefined || connection !== undefined) this.#effects.battery();
    if (firmware !== undefined && firmware !== settings.firmware) {
      settings.firmware = firmware;
      this.#redials = true;
      entry.until = now;
    } else this.#finish(entry, now);
  }

  #reset(now) {
    const { phase, order } = this.#slot;
    this.#world.reset();
    this.#step = null;
    if (this.#kept) this.#dropKept('The device was reset.');
    const cancel = { do: 'press', key: 'cancel' };
    if (phase === 'paying') this.#slot.act(cancel, now);
    // It may be granted already, so it is cancelled when the grant comes.
    else if (order && phase !== 'authorising') this.#step = { checkoutId: order.checkout_id, wish: cancel };
  }
}

/** Fleet leaves out what is not said; another program may say null. */
const withoutNulls = wish => Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== null));
