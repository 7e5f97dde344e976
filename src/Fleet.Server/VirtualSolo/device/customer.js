// Decides what the customer of one checkout does by itself: the same behaviour, seed and place in the queue give
// the same plan.

import { cardPatience, magicAmounts, pinTries, slowAuthorisation, tipTimeoutSeconds } from './words.js';
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
  'over-limit': { card: { ...insert, card: 'over_limit' }, then: { do: 'enter_pin', pin: 'right' } },
  delayed: { card: tap, delay: slowAuthorisation },
  unsent: { card: tap, unsent: true },
  'never-starts': { starts: false },
  manual: {},
};

/** A normal day in a shop, in percent. */
const day = [
  [60, 'approve'], [17, 'pin'], [7, 'decline'], [5, 'customer-cancels'], [4, 'slow'], [2, 'wrong-pin'],
  [2, 'card-removed'], [2, 'no-card-in-time'], [1, 'never-starts'],
];

/** What the last two digits of an amount mean, where a merchant asks for that (`test_cents` of the order). */
const playsOfCents = {
  1: 'wrong-pin', 5: 'decline', 51: 'decline', 54: 'decline', 55: 'pin', 65: 'over-limit', 68: 'delayed',
  76: 'customer-cancels', 91: 'no-card-in-time', 96: 'unsent',
};

/** How a payment goes when no wish names a card and no scenario decides. */
export const playOfOrder = order => plays[playOfAmount(order.amount) ?? playOfCents(order) ?? 'approve'];

/** Null for an amount that is not magic. */
function playOfAmount(amount) {
  switch (amount) {
    case magicAmounts.declined: return 'decline';
    case magicAmounts.wrongPin: return 'wrong-pin';
    case magicAmounts.customerCancelled: return 'customer-cancels';
    case magicAmounts.noCardInTime: return 'no-card-in-time';
    default: return null;
  }
}

const playOfCents = ({ test_cents: counts, amount }) =>
  counts ? playOfAmount(amount) ?? playsOfCents[amount % 100] ?? null : null;

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
  const name = nameOfPlay(scenario, order, dice);
  const { card, then, starts = true, slowness = 1, delay, unsent = false } = plays[name];
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
    delay,
    unsent,
    authCode: String(dice.below(1_000_000)).padStart(6, '0'),
  };
}

/** How long the tip screen waits, in milliseconds. */
export const tipLimit = order => Math.max(0, order.tip_timeout_seconds ?? tipTimeoutSeconds) * 1000;

function nameOfPlay(scenario, order, dice) {
  if (scenario === 'manual') return 'manual';
  const byCents = playOfCents(order);
  if (byCents) return byCents;
  if (scenario === 'solo') return playOfAmount(order.amount) ?? 'approve';
  return scenario === 'mix' ? ofDay(dice.below(100)) : scenario;
}

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
