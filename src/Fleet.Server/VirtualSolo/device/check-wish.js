// Whether a wish is one that a device can understand. What is wrong with it is told in a sentence.

import {
  cards, connections, longestCut, longestLag, longestOff, longestWait, maxFaults, maxPace, maxSteps, maxText, methods,
  scenarios,
} from './words.js';

const number = (from, to) => ({
  fits: value => typeof value === 'number' && value >= from && value <= to,
  is: `a number from ${from} to ${to}`,
});
const whole = (from, to) => ({
  fits: value => Number.isInteger(value) && value >= from && value <= to,
  is: `a whole number from ${from} to ${to}`,
});
const oneOf = words => ({ fits: value => words.includes(value), is: `one of ${words.join(', ')}` });
const flag = { fits: value => typeof value === 'boolean', is: 'true or false' };
const printable = {
  fits: value => typeof value === 'string' && value.length <= maxText && /^[!-~]+( [!-~]+)*$/.test(value),
  is: `1 to ${maxText} printable characters`,
};

const card = {
  card: oneOf(Object.keys(cards)),
  method: oneOf(methods),
  pin: oneOf(['right', 'wrong', 'none']),
  tip_rate: number(0, 1),
};
const key = { key: oneOf(['cancel', 'ok', 'back']) };
const off = { off_ms: whole(0, longestOff) };

/** What each wish may say, and what it must say. */
const wishes = {
  show: { may: { since: whole(0, Number.MAX_SAFE_INTEGER) } },
  present: { may: card },
  remove_card: {},
  press: { must: key },
  choose_tip: { must: { tip_rate: card.tip_rate } },
  power: { must: off },
  link: {
    may: {
      cut_ms: whole(0, longestCut), lag_ms: whole(0, longestLag), swallow_results: whole(0, maxFaults),
      repeat_results: whole(0, maxFaults), die_after_charge: flag, ...off,
    },
  },
  set: { may: { battery: number(0, 100), connection: oneOf(connections), firmware: printable, updating: flag } },
  script: { must: { steps: { fits: Array.isArray, is: 'a list of wishes' } } },
  scenario: {
    must: { scenario: oneOf(scenarios) },
    may: { seed: whole(-(2 ** 31), 2 ** 31 - 1), pace: number(0, maxPace) },
  },
  reset: {},
};

/** What only a hand on the page can do. */
const hands = { enter_pin: { must: { pin: oneOf(['right', 'wrong']) } } };

/** Wishes that a script may hold. */
const steps = ['present', 'press', 'show'];

/**
 * Null for a good wish, otherwise the sentence with which it is refused.
 * @param {object} wish
 * @param {boolean} byHand whether it comes from the page
 */
export function checkWish(wish, byHand = false) {
  const known = byHand ? { ...wishes, ...hands } : wishes;
  const rule = Object.hasOwn(known, wish?.do) ? known[wish.do] : null;
  if (!rule) return `The device does not know the wish "${String(wish?.do).slice(0, maxText)}".`;
  const { must = {}, may = {} } = rule;
  for (const name of Object.keys(must)) if (!isGiven(wish[name])) return `The wish ${wish.do} needs ${name}.`;
  for (const [name, { fits, is }] of Object.entries({ ...must, ...may, wait_ms: whole(0, longestWait) }))
    if (isGiven(wish[name]) && !fits(wish[name])) return `${name} must be ${is}.`;
  return wish.do === 'script' ? checkSteps(wish.steps) : null;
}

function checkSteps(list) {
  if (list.length > maxSteps) return `A script has at most ${maxSteps} steps.`;
  for (const step of list) {
    if (!steps.includes(step?.do)) return `A step of a script is one of ${steps.join(', ')}.`;
    const refused = checkWish(step);
    if (refused) return refused;
  }
  return null;
}

const isGiven = value => value !== undefined && value !== null;
