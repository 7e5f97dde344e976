// The contract of the frame `act`: what a test can do to a virtual device.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, makeOrder } from './world.mjs';

const open = behaviour => Counter.open(behaviour);
const tips = { tip_rates: [0.05, 0.1, 0.15], tip_timeout_seconds: 30 };

/** The end of a payment, after a wish that presents a card. */
async function endOf(wish, order = makeOrder()) {
  const counter = await open();
  await counter.pay(order);
  const { refused, scene } = await counter.act({ do: 'present', ...wish });
  await counter.clock.advance(2000);
  const [result] = counter.take('result');
  return { refused, scene, result, counter, end: result && [result.outcome, result.reason].filter(Boolean).join(' ') };
}

describe('present', () => {
  for (const [card, end, scheme, entry_mode, method] of [
    ['visa', 'approved', 'VISA', 'contactless'],
    ['visa_debit', 'approved', 'VISA', 'contactless', 'tap'],
    ['mastercard', 'approved', 'MASTERCARD', 'chip', 'insert'],
    ['mastercard_debit', 'approved', 'MASTERCARD', 'magstripe', 'swipe'],
    ['amex', 'approved', 'AMEX', 'contactless'],
    ['maestro', 'approved', 'MAESTRO', 'contactless'],
    ['asks_pin', 'approved', 'VISA', 'chip'],
    ['asks_signature', 'approved', 'VISA', 'chip'],
    ['over_limit', 'approved', 'MASTERCARD', 'chip', 'insert'],
    ['declined', 'failed declined', 'VISA', 'contactless'],
    ['expired', 'failed declined', 'VISA', 'contactless'],
    ['no_funds', 'failed declined', 'MASTERCARD', 'contactless'],
    ['unknown', 'failed declined', 'MASTERCARD', 'contactless'],
  ]) it(`a card called ${card}: ${end}`, async () => {
    const { end: was, result } = await endOf({ card, method });
    assert.equal(was, end);
    assert.deepEqual([result.card.scheme, result.card.entry_mode], [scheme, entry_mode]);
    assert.equal(result.card.auth_code !== undefined, end === 'approved');
    assert.equal(result.amount, end === 'approved' ? 1250 : 0);
  });

  for (const [amount, end] of [
    [1100, 'failed declined'], [4201, 'failed wrong_pin'], [4276, 'cancelled customer_cancelled'],
    [4291, 'cancelled no_card_in_time'], [1250, 'approved'],
  ]) it(`no card by name at ${amount}: ${end}`, async () => {
    assert.equal((await endOf({}, makeOrder({ amount }))).end, end);
  });

  for (const [amount, end] of [
    [2001, 'failed wrong_pin'], [2005, 'failed declined'], [2051, 'failed declined'], [2054, 'failed declined'],
    [2055, 'approved'], [2065, 'approved'], [2076, 'cancelled customer_cancelled'], [2091, 'cancelled no_card_in_time'],
    [2000, 'approved'], [1100, 'failed declined'],
  ]) it(`no card by name at ${amount}, where cents count: ${end}`, async () => {
    assert.equal((await endOf({}, makeOrder({ amount, test_cents: true }))).end, end);
    const scenario = await open({ scenario: 'tips' });
    await scenario.say({ type: 'checkout', epoch: scenario.epoch, checkout: makeOrder({ amount, test_cents: true }) });
    await scenario.clock.advance(1200);
    await scenario.tell('granted', scenario.scene.checkout_id);
    await scenario.wait(60_000);
    const [{ outcome, reason }] = scenario.take('result');
    assert.equal([outcome, reason].filter(Boolean).join(' '), end);
  });

  it('cents can delay an authorisation, and lose a result once', async () => {
    const slow = await endOf({}, makeOrder({ amount: 2068, test_cents: true }));
    assert.equal(slow.scene.screen, 'authorising');
    await slow.counter.clock.advance(17_999);
    assert.equal(slow.counter.scene.screen, 'authorising');
    await slow.counter.clock.advance(1);
    assert.equal(slow.counter.scene.last_outcome, 'approved');

    const lost = await endOf({}, makeOrder({ amount: 2096, test_cents: true }));
    assert.deepEqual([lost.end, lost.counter.journal.charges.length], [undefined, 1]);
    await lost.counter.clock.advance(10_000);
    assert.equal(lost.counter.take('result').length, 1);
    assert.equal((await endOf({ card: 'visa' }, makeOrder({ amount: 2096, test_cents: true }))).end, 'approved');
  });

  it('a card by name wins over the amount', async () =>
    assert.equal((await endOf({ card: 'visa' }, makeOrder({ amount: 1100 }))).end, 'approved'));

  it('a wrong PIN ends the payment, and no PIN leaves it on its screen', async () => {
    assert.equal((await endOf({ card: 'asks_pin', pin: 'wrong' })).end, 'failed wrong_pin');
    const { scene, end } = await endOf({ card: 'asks_pin', pin: 'none' });
    assert.deepEqual([scene.screen, end], ['pin', undefined]);
    assert.equal((await endOf({ card: 'asks_signature', pin: 'none' })).scene.screen, 'signature');
  });

  it('a screen that waits for a PIN or a signature waits for 45 seconds', async () => {
    for (const card of ['asks_pin', 'asks_signature']) {
      const { counter } = await endOf({ card, pin: 'none' });
      await counter.wait(42_999);
      assert.notEqual(counter.scene.screen, 'idle');
      await counter.clock.advance(1);
      assert.equal(counter.scene.last_reason, 'customer_cancelled');
    }
  });

  it('a tap over the limit is refused, and the card screen stays', async () => {
    const { refused, scene, counter } = await endOf({ card: 'over_limit', method: 'tap' });
    assert.match(refused, /must be inserted/);
    assert.equal(scene.screen, 'card');
    assert.equal(counter.reader.view.paying.mustInsert, true);
    const inserted = await counter.act({ do: 'present', card: 'over_limit', method: 'insert' });
    assert.equal(inserted.scene.screen, 'authorising');
  });

  it('chooses the tip first', async () => {
    const none = await endOf({ card: 'visa' }, makeOrder(tips));
    assert.deepEqual([none.end, none.result.tip], ['approved', 0]);
    const some = await endOf({ card: 'visa', tip_rate: 0.15 }, makeOrder(tips));
    assert.deepEqual([some.scene.tip, some.result.tip, some.result.amount], [188, 188, 1250]);
    const wrong = await endOf({ card: 'visa', tip_rate: 0.2 }, makeOrder(tips));
    assert.deepEqual([wrong.refused, wrong.scene.screen], ['A tip rate of 0.2 is not offered.', 'tip']);
  });

  it('too early is done when the card screen comes', async () => {
    const counter = await open();
    const { scene, refused } = await counter.act({ do: 'present', card: 'visa' }); // answered at once
    assert.deepEqual([scene.screen, refused], ['idle', undefined]);
    await counter.clock.advance(9000);
    await counter.pay();
    assert.equal(counter.scene.screen, 'authorising');
  });

  it('too early is done again when the start is granted again', async () => {
    const counter = await open();
    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    await counter.tell('granted', order.checkout_id);
    assert.equal(counter.scene.screen, 'pin');
    await counter.welcome(order); // Fleet does not know the grant
    assert.equal(counter.scene.screen, 'asking');
    await counter.tell('granted', order.checkout_id);
    assert.equal(counter.scene.screen, 'pin');
  });

  it('too early is refused after 10 seconds without a checkout, and when the payment ends too soon', async () => {
    const counter = await open();
    const first = await counter.actLater({ do: 'present', wait_ms: 30_000 });
    await counter.clock.advance(10_000);
    assert.match(first().refused, /No checkout came/);

    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    const second = await counter.actLater({ do: 'present', wait_ms: 30_000 });
    assert.match((await counter.act({ do: 'present' })).refused, /waits to be presented/);
    await counter.tell('terminate', order.checkout_id);
    assert.match(second().refused, /ended before/);
  });

  it('twice is refused', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    assert.match((await counter.act({ do: 'present' })).refused, /already/);
    await counter.act({ do: 'press', key: 'back' });
    await counter.act({ do: 'present' });
    assert.match((await counter.act({ do: 'present' })).refused, /too late/);
  });

  it('waits until the result is acknowledged, when it is told to', async () => {
    const counter = await open();
    const order = await counter.pay();
    const look = await counter.actLater({ do: 'present', wait_ms: 30_000 });
    await counter.clock.advance(3000);
    assert.equal(look(), undefined);
    await counter.tell('ack', order.checkout_id);
    const { scene } = look();
    assert.deepEqual([scene.last_checkout_id, scene.last_outcome, scene.waiting_results, scene.charges],
      [order.checkout_id, 'approved', 0, 1]);
  });

  it('waits no longer than it is told to', async () => {
    const counter = await open();
    await counter.pay();
    const look = await counter.actLater({ do: 'present', wait_ms: 5000 });
    await counter.clock.advance(4999);
    assert.equal(look(), undefined);
    await counter.clock.advance(1);
    assert.equal(look().scene.waiting_results, 1);
  });
});

describe('hands', () => {
  it('remove the card on the screens of PIN and signature only', async () => {
    const counter = await open();
    await counter.pay();
    assert.match((await counter.act({ do: 'remove_card' })).refused, /No card/);
    await counter.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    counter.take();
    await counter.act({ do: 'remove_card' });
    assert.equal(counter.take('result')[0].reason, 'card_removed');
  });

  for (const [screen, wish] of [
    ['tip', null], ['card', { do: 'press', key: 'ok' }], ['pin', { do: 'present', card: 'asks_pin', pin: 'none' }],
    ['signature', { do: 'present', card: 'asks_signature', pin: 'none' }],
  ]) it(`press cancel on the screen ${screen}`, async () => {
    const counter = await open();
    await counter.pay(makeOrder(tips));
    if (wish) await counter.act(wish);
    assert.equal(counter.scene.screen, screen);
    counter.take();
    const { scene } = await counter.act({ do: 'press', key: 'cancel' });
    assert.equal(counter.take('result')[0].reason, 'customer_cancelled');
    assert.deepEqual([scene.screen, scene.last_reason], ['idle', 'customer_cancelled']);
  });

  it('press ok for no tip and for a signature, and back to the card', async () => {
    const counter = await open();
    await counter.pay(makeOrder(tips));
    assert.equal((await counter.act({ do: 'press', key: 'ok' })).scene.tip, 0);
    await counter.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    assert.equal((await counter.act({ do: 'press', key: 'back' })).scene.screen, 'card');
    assert.equal(counter.reader.view.paying.card, null);
    await counter.act({ do: 'present', card: 'asks_signature', pin: 'none' });
    assert.equal((await counter.act({ do: 'press', key: 'ok' })).scene.screen, 'authorising');
  });

  it('find nothing to press on other screens', async () => {
    const counter = await open();
    for (const key of ['cancel', 'ok', 'back']) assert.ok((await counter.act({ do: 'press', key })).refused);
    await counter.pay();
    assert.match((await counter.act({ do: 'press', key: 'back' })).refused, /does nothing/);
    await counter.act({ do: 'present' });
    assert.match((await counter.act({ do: 'press', key: 'cancel' })).refused, /too late/);
  });

  it('choose a tip that is offered, and none when the time is over', async () => {
    const counter = await open();
    await counter.pay(makeOrder(tips));
    assert.match((await counter.act({ do: 'choose_tip', tip_rate: 0.5 })).refused, /not offered/);
    assert.equal((await counter.act({ do: 'choose_tip', tip_rate: 0.1 })).scene.tip, 125);
    assert.match((await counter.act({ do: 'choose_tip', tip_rate: 0 })).refused, /does not ask/);

    const slow = await open();
    await slow.pay(makeOrder(tips));
    await slow.clock.advance(30_000);
    assert.deepEqual([slow.scene.screen, slow.scene.tip], ['card', 0]);
  });

  it('type a PIN on the page: the third wrong one ends the payment', async () => {
    const counter = await open();
    await counter.pay();
    await counter.reader.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    for (const left of [2, 1]) {
      await counter.reader.act({ do: 'enter_pin', pin: 'wrong' });
      assert.equal(counter.reader.view.paying.triesLeft, left);
    }
    const { scene } = await counter.reader.act({ do: 'enter_pin', pin: 'wrong' });
    assert.equal(scene.last_reason, 'wrong_pin');
    assert.match((await counter.act({ do: 'enter_pin', pin: 'right' })).refused, /does not know/);
  });

  it('that type any PIN fail at the amount of a wrong one', async () => {
    const counter = await open();
    await counter.pay(makeOrder({ amount: 4201 }));
    await counter.reader.act({ do: 'present', pin: 'none' });
    assert.equal(counter.scene.screen, 'pin');
    for (let round = 0; round < 3; round++) await counter.reader.act({ do: 'enter_pin', pin: 'right' });
    assert.equal(counter.scene.last_reason, 'wrong_pin');
  });

  it('that do nothing leave a card screen of 45 seconds', async () => {
    const counter = await open();
    await counter.pay();
    await counter.clock.advance(44_999);
    assert.equal(counter.scene.screen, 'card');
    await counter.clock.advance(1);
    assert.equal(counter.scene.last_reason, 'no_card_in_time');
  });
});

describe('show', () => {
  it('answers at once, or when the scene is newer', async () => {
    const counter = await open();
    const { scene } = await counter.act({ do: 'show' });
    assert.equal(scene.screen, 'idle');
    const look = await counter.actLater({ do: 'show', since: scene.version, wait_ms: 60_000 });
    await counter.clock.advance(1000);
    assert.equal(look(), undefined);
    await counter.pay();
    assert.ok(look().scene.version > scene.version);
    assert.ok((await counter.act({ do: 'show', since: 1, wait_ms: 60_000 })).scene.version > 1);
    assert.ok(await counter.act({ do: 'show', since: 1000, wait_ms: 60_000 })); // of an earlier life
  });

  it('answers when the time is over', async () => {
    const counter = await open();
    const look = await counter.actLater({ do: 'show', wait_ms: 500 });
    await counter.clock.advance(500);
    assert.equal(look().scene.screen, 'idle');
  });
});
