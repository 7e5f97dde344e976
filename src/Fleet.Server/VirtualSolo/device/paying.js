// What happens between the permission to take a card and the authorisation: tip, card, PIN and signature. Everything
// that a customer does goes through `act`, whoever decides it: a hand on the page, a test, or the plan of the customer.

import { cardPatience, cards, entryModes, pinTries } from './words.js';
import { playOfOrder, tipLimit, tipOf } from './customer.js';

const cancel = { do: 'press', key: 'cancel' };

/** One granted payment, until its authorisation begins or it ends without one. */
export class Paying {
  #order;
  #customer;

  /** The next thing that happens by itself: `{ at, wish }`. */
  #next = null;

  /** `tip`, `card`, `pin` or `signature`. */
  screen;

  /** Minor units; null while none was chosen. */
  tip = null;

  /** The card that was presented, as the result reports it. */
  card = null;

  triesLeft = pinTries;

  /** Whether the last card was tapped or swiped although it must be inserted. */
  mustInsert = false;

  /** Whether the amount says that each PIN is wrong. */
  #noPinIsRight = false;

  /** When the screen stops waiting for the customer; null for never. */
  endsAt = null;

  /** How it ends: `{ outcome, reason }`. With `authorises` the card is asked first. Null while the customer is busy. */
  end = null;
  authorises = false;

  /** How long the authorisation takes, when that is not left to chance. */
  delay;

  /** Whether the result is lost on its way once. */
  unsent;

  constructor(order, customer, now) {
    this.#order = order;
    this.#customer = customer;
    this.delay = customer.delay;
    this.unsent = customer.unsent;
    this.#showScreen(order.tip_rates?.length ? 'tip' : 'card', now);
  }

  get due() {
    return this.#next?.at ?? Infinity;
  }

  /** Does what is due. */
  advance(now) {
    while (!this.end && this.due <= now) {
      const { wish } = this.#next;
      this.#next = null;
      this.#obey(wish, now);
    }
  }

  /** Does what a hand or a test wishes. Returns a sentence when that cannot be done now, and null when it was done. */
  act(wish, now) {
    return this.#obey(wish, now, true);
  }

  /** From now on the customer does nothing by itself. */
  leaveToWishes(now) {
    this.#customer = { ...this.#customer, tip: null, card: null, then: null };
    this.#showScreen(this.screen, now);
  }

  #obey(wish, now, byHand = false) {
    switch (wish.do) {
      case 'choose_tip': return this.#chooseTip(wish.tip_rate, now);
      case 'present': return this.#present(wish, now, byHand);
      case 'enter_pin': return this.#enterPin(wish, now);
      case 'remove_card': return this.#removeCard();
      case 'press': return this.#press(wish.key, now);
      default: return this.#endAs('cancelled', 'no_card_in_time');
    }
  }

  #showScreen(screen, now) {
    this.screen = screen;
    const { tip, card, then } = this.#customer;
    if (screen === 'tip') this.#waitForTip(tip, now);
    else if (screen === 'card') {
      this.endsAt = card ? null : now + cardPatience;
      this.#next = card ? { at: now + card.after, wish: card.wish } : { at: this.endsAt, wish: { do: 'no_card' } };
    } else {
      this.endsAt = then ? null : now + cardPatience;
      this.#next = then ? { at: now + then.after, wish: then.wish } : { at: this.endsAt, wish: cancel };
    }
  }

  /** A customer who needs longer than the screen waits has chosen no tip. */
  #waitForTip(tip, now) {
    const limit = tipLimit(this.#order);
    const inTime = tip && tip.after <= limit;
    this.endsAt = now + limit;
    this.#next = {
      at: inTime ? now + tip.after : this.endsAt,
      wish: { do: 'choose_tip', tip_rate: inTime ? tip.rate : 0 },
    };
  }

  #chooseTip(rate, now) {
    if (this.screen !== 'tip') return 'The screen does not ask for a tip.';
    if (rate !== 0 && !this.#order.tip_rates.includes(rate)) return `A tip rate of ${rate} is not offered.`;
    this.tip = tipOf(this.#order.amount, rate);
    this.#showScreen('card', now);
    return null;
  }

  #present(wish, now, byHand) {
    if (this.screen === 'pin' || this.screen === 'signature') return 'A card was presented already.';
    if (this.screen === 'tip') {
      const refused = this.#chooseTip(wish.tip_rate ?? 0, now);
      if (refused) return refused;
    }
    if (byHand) {
      this.leaveToWishes(now);
      this.delay = undefined;
      this.unsent = false;
    }
    return wish.card ? this.#takeCard(wish, now) : this.#takeCardOfAmount(wish, now);
  }

  #takeCardOfAmount({ method, pin }, now) {
    const { card, then, delay, unsent = false } = playOfOrder(this.#order);
    this.delay = delay;
    this.unsent = unsent;
    const refused = this.#obey(card.do === 'present' && method ? { ...card, method } : card, now);
    if (refused || !then) return refused;
    this.#noPinIsRight = then.pin === 'wrong';
    return pin === 'none' ? null : this.#enterPin({ pin: pin ?? 'right', times: pinTries }, now);
  }

  #takeCard({ card: name, method, pin = 'right' }, now) {
    const { last4, scheme, asks, by, mustInsert, declined } = cards[name];
    const how = method ?? by ?? 'tap';
    this.mustInsert = Boolean(mustInsert) && how !== 'insert';
    if (this.mustInsert) return 'The amount is too high for this method: the card must be inserted.';
    this.card = { last4, scheme, entry_mode: entryModes[how] };
    if (!asks) return declined ? this.#authorise('failed', 'declined') : this.#authorise('approved');
    this.#showScreen(asks, now);
    if (pin === 'none') return null;
    return asks === 'pin' ? this.#enterPin({ pin, times: pinTries }, now) : this.#authorise('approved');
  }

  #enterPin({ pin, times = 1 }, now) {
    if (this.screen !== 'pin') return 'The screen does not ask for a PIN.';
    if (pin === 'right' && !this.#noPinIsRight) return this.#authorise('approved');
    this.triesLeft -= Math.min(times, this.triesLeft);
    if (this.triesLeft === 0) return this.#endAs('failed', 'wrong_pin');
    this.#showScreen('pin', now);
    return null;
  }

  #removeCard() {
    if (this.screen !== 'pin' && this.screen !== 'signature') return 'No card is in the reader.';
    return this.#endAs('failed', 'card_removed');
  }

  #press(key, now) {
    if (key === 'cancel') return this.#endAs('cancelled', 'customer_cancelled');
    if (key === 'ok' && this.screen === 'tip') return this.#chooseTip(0, now);
    if (key === 'ok' && this.screen === 'signature') return this.#authorise('approved');
    if (key !== 'back' || this.screen !== 'pin') return `The key ${key} does nothing on this screen.`;
    this.card = null;
    this.#customer = { ...this.#customer, card: null, then: null };
    this.#showScreen('card', now);
    return null;
  }

  #authorise(outcome, reason) {
    this.authorises = true;
    return this.#endAs(outcome, reason);
  }

  #endAs(outcome, reason) {
    this.end = { outcome, reason };
    this.#next = null;
    this.endsAt = null;
    return null;
  }
}
