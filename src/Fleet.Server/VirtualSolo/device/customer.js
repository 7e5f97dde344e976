// Decides what the customer of one checkout does by itself: the same behaviour, seed and place in the queue give
// the same plan.

import { cardPatience, magicAmounts, pinTries, tipTimeoutSeconds } from './words.js';
import { throwDice } from './dice.js';

// Milliseconds at pace 1.
const wakeUp = [300, 1200], choosesTip = [2000, 7000], showsCard = [2000, 7000], typesPin = [3000, 8000];
const authorises = [600, 1800];

const tap = { do: 'present', card: 'visa', method: 'tap', pin: 'none' };
const insert = { do: 'present', card: 'asks_pin', method: 'insert', pin: 'none' };

/** What each behaviour does on the card screen, and `then` on the screen after it. */
const plays = {
  approve: { card: tap },
  tips: { card: tap },
  pin: { card: insert, then: { do: 'enter_pin', pin: 'right' } },
  slow: { card: insert, then: { do: 'enter_pin', pin: 'right' }, slowness: 5 },
  decline: { card: { ...tap, card: 'declined' } },
  'wrong-pin': { card: insert, then: { do: 'enter_pin', pin: 'wrong', times: pinTries } },
  'card-removed': { card: insert, then: { do: 'remove_card' } },
  'customer-cancels': { card: { do: 'press', key: 'cancel' } },
  'no-card-in-time': { card: { do: 'no_card' } },
  'never-starts': { starts: false },
  manual: {},
};

/** A normal day in a shop, in percent. */
const day = [
  [60, 'approve'], [17, 'pin'], [7, 'decline'], [5, 'customer-cancels'], [4, 'slow'], [2, 'wrong-pin'],
  [2, 'card-removed'], [2, 'no-card-in-time'], [1, 'never-starts'],
];

/** How an amount ends when no wish names a card; null for an amount that is not magic. */
export function playOfAmount(amount) {
  switch (amount) {
    case magicAmounts.declined: return 'decline';
    case magicAmounts.wrongPin: return 'wrong-pin';
    case magicAmounts.customerCancelled: return 'customer-cancels';
    case magicAmounts.noCardInTime: return 'no-card-in-time';
    default: return null;
  }
}

/** The wishes with which an amount decides the outcome, as soon as a card is presented by this method. */
export function wishesOfAmount(amount, method) {
  const play = plays[playOfAmount(amount) ?? 'approve'];
  const card = play.card.do === 'present' && method ? { ...play.card, method } : play.card;
  return play.then ? [card, play.then] : [card];
}

/** The minor units of a tip: rounded to the nearest, halves up. */
export const tipOf = (amount, rate) => Math.round(amount * rate);

/**
 * The plan of one checkout. Times are in milliseconds; `startAfter` is null when the device never asks to start, and a
 * step that is null is left to a wish.
 * @param {{scenario: string, seed: number, pace: number}} behaviour
 * @param {object} order the checkout
 * @param {string} place decides, with the seed, every random choice
 */
export function planCustomer({ scenario, seed, pace }, order, place) {
  const dice = throwDice(seed, place);
  const name = scenario === 'mix' ? ofDay(dice.below(100))
    : scenario === 'solo' ? playOfAmount(order.amount) ?? 'approve' : scenario;
  const { card, then, starts = true, slowness = 1 } = plays[name];
  const manual = name === 'manual';
  const take = (range, factor) => Math.round(dice.between(...range) * factor * pace);
  const startAfter = manual ? 0 : take(wakeUp, slowness);
  const tip = manual ? null : { after: take(choosesTip, slowness), rate: tipRateOf(scenario, order, dice) };
  const waits = card?.do === 'no_card' ? Math.round(cardPatience * pace) : take(showsCard, slowness);
  return {
    startAfter: starts ? startAfter : null,
    tip,
    card: card ? { after: waits, wish: card } : null,
    then: then ? { after: take(typesPin, slowness), wish: then } : null,
    authorisation: take(authorises, 1),
    authCode: String(dice.below(1_000_000)).padStart(6, '0'),
  };
}

/** How long the tip screen waits, in milliseconds. */
export const tipLimit = order => Math.max(0, order.tip_timeout_seconds ?? tipTimeoutSeconds) * 1000;

function ofDay(percent) {
  for (const [share, name] of day) {
    if (percent < share) return name;
    percent -= share;
  }
  return 'approve';
}

function tipRateOf(scenario, order, dice) {
  const rates = order.tip_rates ?? [];
  if (scenario === 'tips' && rates.length) return rates[dice.below(rates.length)];
  if (scenario === 'solo' || scenario === 'mix') return [...rates, 0][dice.below(rates.length + 1)];
  return 0;
}
