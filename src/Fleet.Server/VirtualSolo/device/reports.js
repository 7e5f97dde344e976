// The results of the journal that Fleet has not acknowledged: they are sent, and repeated until it has.

import { repeatAfter, resultsAtOnce } from './words.js';
import { frameOf } from './journal.js';

export class Reports {
  #journal;
  #wire;
  #clock;
  #faults;
  #charged;
  #repeatAt = Infinity;

  /**
   * @param {object} journal
   * @param {object} wire
   * @param {object} clock
   * @param {{swallow: number, repeat: number}} faults how many of the next results are not sent once, or sent twice
   * @param {() => void} charged called in the turn in which a card is charged
   */
  constructor(journal, wire, clock, faults, charged) {
    this.#journal = journal;
    this.#wire = wire;
    this.#clock = clock;
    this.#faults = faults;
    this.#charged = charged;
  }

  /** How many results Fleet must still acknowledge. */
  get count() { return this.#journal.results.length; }

  /** When they are to be repeated. */
  get due() { return this.count && this.#wire.open ? this.#repeatAt : Infinity; }

  /** The newest of them; null when there is none. */
  get last() { return this.#journal.results.at(-1) ?? null; }

  find(checkoutId) {
    return this.#journal.findResult(checkoutId) ?? null;
  }

  /** Writes the result of a payment to the journal, then sends it, unless it is to be lost on its way once. */
  add(result, order, now, unsent) {
    const charge = result.outcome === 'approved' ? {
      checkout_id: result.checkout_id, amount: result.amount, tip: result.tip, currency: order.currency,
      at: this.#clock.date(),
    } : null;
    this.#journal.keepResult(result, charge);
    if (charge) this.#charged();
    if (unsent || this.#faults.swallow > 0) {
      if (!unsent) this.#faults.swallow--;
      this.#repeatAt = now + repeatAfter;
      return;
    }
    this.#send(result, now);
    if (this.#faults.repeat > 0) {
      this.#faults.repeat--;
      this.#send(result, now);
    }
  }

  /** Sends everything that Fleet has not acknowledged. */
  tellAll(now) {
    for (const result of this.#journal.results.slice(0, resultsAtOnce)) this.#send(result, now);
  }

  /** Repeats the result of one checkout; false when there is none that waits for an acknowledgement. */
  repeat(checkoutId, now) {
    const result = this.#journal.findResult(checkoutId);
    if (result) this.#send(result, now);
    return Boolean(result);
  }

  /**
   * Answers when Fleet takes a checkout for open that the device has finished: with the result that Fleet once refused,
   * or with the charge. A waiting result was already sent after the welcome. False when there is neither.
   */
  answerKnown(checkoutId, now) {
    if (this.#journal.findResult(checkoutId)) return true;
    const known = this.#journal.findRefused(checkoutId) ?? this.#findCharged(checkoutId);
    if (!known) return false;
    this.#keep(known, now);
    return true;
  }

  /** Answers a grant that the device does not remember. A charge would be in the journal, so there was none. */
  answerOrLost(checkoutId, now) {
    if (this.repeat(checkoutId, now) || this.answerKnown(checkoutId, now)) return;
    this.#keep({ checkout_id: checkoutId, outcome: 'failed', reason: 'reader_lost', amount: 0, tip: 0 }, now);
  }

  #findCharged(checkoutId) {
    const charge = this.#journal.findCharge(checkoutId);
    return charge && { checkout_id: checkoutId, outcome: 'approved', amount: charge.amount, tip: charge.tip };
  }

  #keep(result, now) {
    this.#journal.keepResult(result);
    this.#send(result, now);
  }

  #send(result, now) {
    this.#wire.send(frameOf(result));
    this.#repeatAt = now + repeatAfter;
  }
}
