// The one checkout that a device can have, and everything that can happen to it. It never waits: the device calls it in
// a turn, with the time, so that either terminate or authorisation wins, never both.
//
// The phases of a payment:
//   shown        on the screen; the device has not asked for the start
//   asking       the device has asked for the start and has no answer
//   given_up     the window is over and the screen is clear, but Fleet may have received the request for the start
//   paying       granted: the customer is busy with tip, card and PIN; can still be ended without a charge
//   authorising  only the real result ends this

import { askAgainAfter, longestWindow, stateOf } from './words.js';
import { Paying } from './paying.js';

export class Slot {
  #wire;
  #reports;
  #plan;
  #payment = null;

  /** A checkout that came while the one before it was being authorised: `{ order, at }`. */
  #next = null;

  #updating = false;

  /** How the last one left the screen: `{ checkout_id, outcome, reason, amount, tip, card, order }`. */
  last = null;

  /** The last one of which Fleet is told how it ended: `{ checkout_id, outcome, reason }`. */
  lastTold;

  /**
   * @param {object} wire
   * @param {object} reports
   * @param {(order: object) => object} plan what the customer of a checkout does without a wish
   */
  constructor(wire, reports, plan) {
    this.#wire = wire;
    this.#reports = reports;
    this.#plan = plan;
    this.lastTold = reports.last; // it outlives the power until it is acknowledged
  }

  /** The checkout on the screen; null when there is none. */
  get order() { return this.#payment && this.#payment.phase !== 'given_up' ? this.#payment.order : null; }

  get phase() { return this.#payment?.phase ?? null; }

  /** The granted payment on the screen; null before the grant, and when there is none. */
  get paying() { return this.#payment?.paying ?? null; }

  /** When the window closes; null when there is none. */
  get windowEnds() { return this.order && !this.paying ? this.#payment.windowEnds : null; }

  get isAuthorising() { return this.phase === 'authorising'; }
  get isUpdating() { return this.#updating; }

  /** Whether no payment is in hand. */
  get isFree() { return !this.order && !this.#next; }

  /** What the screen shows, in the words of the frame `acted`. */
  get screen() {
    if (this.#updating) return 'updating';
    if (!this.order) return 'idle';
    if (this.isAuthorising) return 'authorising';
    return this.paying?.screen ?? 'asking';
  }

  /** When the next action without a frame is due. */
  get due() {
    const payment = this.#payment;
    if (!payment) return Infinity;
    if (payment.phase === 'paying') return payment.paying.due;
    return isBeforeGrant(payment) ? Math.min(payment.moveAt, payment.windowEnds) : payment.moveAt;
  }

  /** Makes the screen show what Fleet says, whatever was there before. */
  matchOrder(order, now) {
    this.#next = null;
    const payment = this.#payment;
    if (!order) this.#withdraw('withdrawn');
    else if (payment?.id !== order.checkout_id) this.#takeOrder(order, now);
    else if (order.terminate) this.terminate(payment.id, now);
    else this.#resume(payment, order, now);
  }

  /** A new checkout, or the present one once more. */
  show(order, now) {
    const payment = this.#payment;
    if (this.#reports.repeat(order.checkout_id, now)) return;
    if (payment?.id !== order.checkout_id) this.#takeOrder(order, now);
    // While it is being paid, the frame was sent before the grant.
    else if (payment.phase !== 'paying') this.#resume(payment, order, now);
  }

  /** The grant is committed. */
  grantStart(checkoutId, now) {
    const payment = this.#payment;
    if (payment?.id !== checkoutId) this.#reports.answerOrLost(checkoutId, now);
    else if (payment.phase === 'given_up') this.#lose(checkoutId, now);
    else if (payment.phase === 'asking') {
      payment.phase = 'paying';
      payment.paying = new Paying(payment.order, payment.customer, now);
      this.#tellState();
    }
  }

  /** Ends a checkout whose start was refused: no card is taken. */
  refuseStart(checkoutId, now) {
    const payment = this.#payment;
    if (payment?.id !== checkoutId) return;
    // It was granted once and refused later: Fleet must be told that no card was taken.
    if (payment.phase === 'paying') this.#lose(checkoutId, now);
    else this.#withdraw(payment.phase === 'given_up' ? 'expired' : 'refused');
  }

  /** Terminates this checkout, or reports that it is too late. This is decided here, once. */
  terminate(checkoutId, now) {
    const payment = this.#payment;
    if (payment?.id !== checkoutId) {
      // The frame and the result crossed on the way; the frame is not about any other checkout.
      this.#reports.repeat(checkoutId, now);
    } else if (payment.phase === 'authorising') this.#wire.send({ type: 'too_late', checkout_id: checkoutId });
    else if (payment.phase === 'shown') {
      this.#clear({ outcome: 'terminated' });
      this.#wire.send({ type: 'terminated', checkout_id: checkoutId });
    } else this.#end(payment, { outcome: 'terminated' }, now);
  }

  /** Ends everything that has not reached authorisation, because the pairing ends. */
  endBeforeUnpair(now) {
    this.#next = null;
    if (this.#payment && !this.isAuthorising) this.terminate(this.#payment.id, now);
  }

  /** Does what a hand or a test wishes of the customer. Returns a sentence when that cannot be done now, or null. */
  act(wish, now) {
    const payment = this.#payment;
    if (this.isAuthorising) return 'The card is being charged: it is too late.';
    if (payment?.phase !== 'paying') return 'The screen does not wait for a customer.';
    const refused = payment.paying.act(wish, now);
    this.#follow(payment, now);
    return refused;
  }

  /** Whether the screen says that the firmware is being updated; then no new checkout is started. */
  setUpdating(updating, now) {
    if (updating === this.#updating) return;
    this.#updating = updating;
    if (!updating && this.phase === 'shown') this.#payment.moveAt = now;
    this.#tellState();
  }

  /** Does everything that is due. */
  advance(now) {
    while (this.due <= now) this.#move(this.#payment, now);
  }

  #move(payment, now) {
    if (payment.phase === 'authorising') this.#conclude(payment, now);
    else if (payment.phase === 'paying') {
      payment.paying.advance(now);
      this.#follow(payment, now);
    } else if (isBeforeGrant(payment) && payment.windowEnds <= now) this.#closeWindow(payment);
    else if (this.#updating && payment.phase === 'shown') payment.moveAt = Infinity;
    else this.#askStart(payment, now);
  }

  #closeWindow(payment) {
    if (!payment.asked) this.#clear({ outcome: 'expired' });
    else {
      // Fleet may have granted the start in the last moment: the request stays open, but the screen is cleared.
      payment.phase = 'given_up';
      this.#noteEnd(payment, { outcome: 'expired' });
      this.#tellState();
    }
  }

  #askStart(payment, now) {
    if (payment.phase === 'shown') payment.phase = 'asking';
    payment.moveAt = now + askAgainAfter;
    if (this.#wire.send({ type: 'start', checkout_id: payment.id })) payment.asked = true;
  }

  /** The customer did something: the screen changes, the authorisation begins, or the payment ends. */
  #follow(payment, now) {
    const { paying } = payment;
    this.#tellState();
    if (!paying.end) return;
    if (!paying.authorises) {
      this.#conclude(payment, now);
      return;
    }
    payment.phase = 'authorising';
    payment.moveAt = now + (paying.delay ?? payment.customer.authorisation);
  }

  #conclude(payment, now) {
    const { end, tip, card, unsent } = payment.paying;
    const approved = end.outcome === 'approved';
    this.#end(payment, {
      ...end,
      amount: approved ? payment.order.amount : 0,
      tip: approved ? tip ?? 0 : 0,
      card: card && approved ? { ...card, auth_code: payment.customer.authCode } : card ?? undefined,
    }, now, unsent);
    if (!this.#next) return;
    const { order, at } = this.#next;
    this.#next = null;
    this.#takeOrder({ ...order, remaining_ms: order.remaining_ms - (now - at) }, now);
  }

  #end(payment, result, now, unsent = false) {
    this.#reports.add({ checkout_id: payment.id, ...result }, payment.order, now, unsent);
    this.#clear(result);
  }

  /** Takes a checkout that is not the one on the screen. */
  #takeOrder(order, now) {
    if (this.isAuthorising) {
      this.#next = { order, at: now };
      return;
    }
    this.#clear({ outcome: 'replaced' });
    if (this.#reports.answerKnown(order.checkout_id, now)) return;
    if (order.started) this.#lose(order.checkout_id, now);
    else if (order.terminate) this.#wire.send({ type: 'terminated', checkout_id: order.checkout_id });
    else if (order.remaining_ms > 0) this.#payment = newPayment(order, this.#plan(order), now);
  }

  #resume(payment, order, now) {
    if (payment.phase === 'authorising' || (payment.phase === 'paying' && order.started)) return;
    if (payment.phase === 'given_up' && order.started) {
      this.#lose(payment.id, now);
      return;
    }
    payment.order = order;
    payment.windowEnds = windowEnd(order, now);
    if (payment.phase === 'shown' && !order.started) return;
    // The start was asked for and not answered; or Fleet does not know the grant any more, so it is not valid.
    payment.phase = 'asking';
    payment.paying = null;
    this.#tellState();
    this.#askStart(payment, now);
  }

  #lose(checkoutId, now) {
    this.#reports.answerOrLost(checkoutId, now);
    this.#clear({ outcome: 'failed', reason: 'reader_lost' });
    this.lastTold = this.#reports.find(checkoutId);
  }

  /** Fleet does not expect a payment any more. A payment that is being authorised is kept all the same. */
  #withdraw(outcome) {
    if (!this.isAuthorising) this.#clear({ outcome });
  }

  #clear(how) {
    if (this.#payment) this.#noteEnd(this.#payment, how);
    this.#payment = null;
    this.#tellState();
  }

  #noteEnd({ id, order }, how) {
    this.last = { checkout_id: id, order, ...how };
    if (toldOutcomes.includes(how.outcome)) this.lastTold = this.last;
  }

  #tellState() {
    if (this.screen !== 'authorising') this.#wire.changeState(stateOf[this.screen]);
  }
}

const toldOutcomes = ['approved', 'failed', 'cancelled', 'terminated'];

const isBeforeGrant = payment => payment.phase === 'shown' || payment.phase === 'asking';

const newPayment = (order, customer, now) => ({
  id: order.checkout_id,
  order,
  customer,
  phase: 'shown',
  paying: null,
  moveAt: customer.startAfter === null ? Infinity : now + customer.startAfter,
  /** Whether Fleet may have received a request for the start. */
  asked: false,
  windowEnds: windowEnd(order, now),
});

/** When the window closes, by the device's own stopwatch. */
const windowEnd = (order, now) =>
  order.started ? Infinity : now + Math.min(Math.max(order.remaining_ms, 0), longestWindow);
