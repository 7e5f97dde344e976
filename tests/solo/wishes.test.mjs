// The contract of the frame `act`: what a test can do to a virtual device.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, makeOrder, settle } from './world.mjs';

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
    assert.equal((await counter.act({ do: 'present', card: 'over_limit', method: 'insert' })).scene.screen, 'authorising');
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
    const look = await counter.actLater({ do: 'present', card: 'visa' });
    await counter.clock.advance(9000);
    assert.equal(look(), undefined);
    await counter.pay();
    assert.equal(look().scene.screen, 'authorising');
    assert.equal(look().refused, undefined);
  });

  it('too early is refused after 10 seconds without a checkout, and when the payment ends before its card screen', async () => {
    const counter = await open();
    const first = await counter.actLater({ do: 'present' });
    await counter.clock.advance(10_000);
    assert.match(first().refused, /No checkout came/);

    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    const second = await counter.actLater({ do: 'present' });
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
    assert.deepEqual([scene.screen, scene.last_outcome, scene.last_reason], ['idle', 'cancelled', 'customer_cancelled']);
  });

  it('press ok for no tip and for a signature, and back to the card', async () => {
    const counter = await open();
    await counter.pay(makeOrder(tips));
    assert.equal((await counter.act({ do: 'press', key: 'ok' })).scene.tip, 0);
    await counter.act({ do: 'present', card: 'asks_pin', pin: 'none' });
    assert.equal((await counter.act({ do: 'press', key: 'back' })).scene.screen, 'card');
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

describe('power and link', () => {
  it('the power goes after the answer, and comes back', async () => {
    const counter = await open();
    await counter.pay();
    assert.ok(await counter.act({ do: 'power', off_ms: 5000 }));
    assert.deepEqual([counter.reader.power, counter.socket.closedBy?.code], ['off', 1000]);
    await counter.clock.advance(4999);
    assert.equal(counter.sockets.length, 1);
    await counter.clock.advance(1);
    assert.deepEqual([counter.sockets.length, counter.reader.power, counter.scene.version], [2, 'on', 1]);
    assert.equal(counter.scene.last_outcome, undefined);
  });

  it('the link is cut after the answer, also a late one, and for so long', async () => {
    const counter = await open();
    await counter.act({ do: 'link', lag_ms: 2000 });
    const look = await counter.actLater({ do: 'link', cut_ms: 8000 });
    await counter.clock.advance(2000);
    assert.ok(look());
    await counter.clock.advance(7999);
    assert.equal(counter.sockets.length, 1);
    await counter.clock.advance(1);
    assert.equal(counter.sockets.length, 2);
  });

  it('frames come late in both directions, and in their order', async () => {
    const counter = await open();
    await counter.act({ do: 'link', lag_ms: 1000 });
    counter.take();
    await counter.say({ type: 'ping' });
    await counter.clock.advance(1999);
    assert.deepEqual(counter.take(), []);
    await counter.clock.advance(1);
    assert.deepEqual(counter.take(), [{ type: 'pong' }]);
  });

  it('a result is swallowed once, and repeated by the rules of the journal', async () => {
    const counter = await open();
    await counter.act({ do: 'link', swallow_results: 1 });
    await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    assert.equal(counter.take('result').length, 0);
    assert.equal(counter.journal.charges.length, 1);
    await counter.clock.advance(10_000);
    assert.equal(counter.take('result').length, 1);
  });

  it('a result is sent twice', async () => {
    const counter = await open();
    await counter.act({ do: 'link', repeat_results: 1 });
    await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    assert.equal(counter.take('result').length, 2);
  });

  it('the power goes between charge and result', async () => {
    const counter = await open();
    await counter.act({ do: 'link', die_after_charge: true, off_ms: 5000 });
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    counter.take();
    await counter.clock.advance(1900);
    assert.equal(counter.reader.power, 'off');
    assert.equal(counter.take('result').length, 0);
    await counter.clock.advance(5000);
    assert.deepEqual([counter.scene.last_outcome, counter.scene.waiting_results], ['approved', 1]);
    await counter.accept();
    await counter.say({ type: 'welcome', epoch: ++counter.epoch, name: 'Till 1', checkout: { ...order, started: true, remaining_ms: 0 } });
    assert.equal(counter.take('result')[0].outcome, 'approved');
    assert.equal(counter.journal.charges.length, 1);
  });
});

describe('set, script, scenario and reset', () => {
  it('battery and connection are told to Fleet', async () => {
    const counter = await open();
    await counter.act({ do: 'set', battery: 12, connection: 'lte' });
    assert.deepEqual(counter.take('status'), [{
      type: 'status', epoch: counter.epoch, battery_level: 12, battery_temperature: 22, connection_type: 'lte',
    }]);
  });

  it('another firmware is told in the next hello, which comes at once when the device is idle', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'set', firmware: '3.3.44.0' });
    await counter.clock.advance(0);
    assert.equal(counter.sockets.length, 1);
    await counter.act({ do: 'press', key: 'cancel' });
    await counter.clock.advance(0);
    assert.equal(counter.sockets.length, 2);
    await counter.accept();
    assert.equal(counter.socket.frames[0].firmware, '3.3.44.0');
  });

  it('a device that is updating takes no payment', async () => {
    const counter = await open();
    assert.equal((await counter.act({ do: 'set', updating: true })).scene.screen, 'updating');
    assert.equal(counter.take('state')[0].state, 'UPDATING_FIRMWARE');
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: makeOrder() });
    await counter.clock.advance(1000);
    assert.equal(counter.take('start').length, 0);
    await counter.act({ do: 'set', updating: false });
    assert.equal(counter.take('start').length, 1);
    assert.match((await counter.act({ do: 'set', updating: true })).refused, /in hand/);
  });

  it('a script moves the next customers, one step for each', async () => {
    const counter = await open();
    const steps = [{ do: 'present', card: 'declined' }, { do: 'press', key: 'cancel' }, { do: 'show' }, { do: 'present' }];
    assert.equal((await counter.act({ do: 'script', steps })).scene.scripted, 4);
    const ends = [];
    for (let round = 0; round < 4; round++) {
      const order = await counter.pay();
      await counter.wait(46_000);
      ends.push(counter.take('result')[0].reason);
      await counter.tell('ack', order.checkout_id);
    }
    assert.deepEqual(ends, ['declined', 'customer_cancelled', 'no_card_in_time', undefined]);
    assert.equal(counter.scene.scripted, 0);
  });

  it('a step comes before a scenario that is as fast as can be', async () => {
    const counter = await open({ scenario: 'approve', pace: 0 });
    await counter.act({ do: 'script', steps: [{ do: 'present', card: 'declined' }] });
    await counter.pay();
    assert.equal(counter.scene.last_reason, 'declined');
  });

  it('a scenario counts from the next checkout on', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'scenario', scenario: 'decline', pace: 0, seed: 7 });
    await counter.clock.advance(1000);
    assert.equal(counter.scene.screen, 'card');
    await counter.act({ do: 'press', key: 'cancel' });
    await counter.pay();
    assert.deepEqual([counter.scene.last_reason, counter.scene.scenario], ['declined', 'decline']);
  });

  it('a reset forgets what tests did, and cancels a payment that is not being charged', async () => {
    const counter = await open();
    await counter.act({ do: 'script', steps: [{ do: 'present' }] });
    await counter.act({ do: 'scenario', scenario: 'decline' });
    await counter.act({ do: 'link', lag_ms: 0, swallow_results: 3, die_after_charge: true });
    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    const kept = await counter.actLater({ do: 'present' });
    const { scene } = await counter.act({ do: 'reset' });
    assert.deepEqual([scene.scripted, scene.scenario], [0, 'manual']);
    assert.match(kept().refused, /was reset/);
    await counter.clock.advance(1200);
    counter.take();
    await counter.tell('granted', order.checkout_id);
    assert.equal(counter.take('result')[0].reason, 'customer_cancelled');

    await counter.pay();
    assert.equal((await counter.act({ do: 'reset' })).scene.last_reason, 'customer_cancelled');
  });

  for (const [wish, why] of [
    [{ do: 'dance' }, /does not know/], [{ do: 'toString' }, /does not know/], [{}, /does not know/],
    [{ do: 'present', card: 'gold' }, /card must be one of/], [{ do: 'present', method: 'wave' }, /method must be/],
    [{ do: 'press' }, /needs key/], [{ do: 'choose_tip' }, /needs tip_rate/], [{ do: 'power' }, /needs off_ms/],
    [{ do: 'power', off_ms: 600_001 }, /off_ms must be/], [{ do: 'link', lag_ms: -1 }, /lag_ms must be/],
    [{ do: 'set', battery: 101 }, /battery must be/], [{ do: 'set', firmware: 'two  spaces' }, /firmware must be/],
    [{ do: 'script', steps: Array(101).fill({ do: 'show' }) }, /at most 100/],
    [{ do: 'script', steps: [{ do: 'power', off_ms: 0 }] }, /A step/], [{ do: 'scenario', scenario: 'odd' }, /scenario must/],
    [{ do: 'show', wait_ms: 60_001 }, /wait_ms must be/],
  ]) it(`${JSON.stringify(wish).slice(0, 60)} is refused`, async () => {
    const counter = await open();
    assert.match((await counter.act(wish)).refused, why);
  });

  it('what does not belong to a wish is ignored, also when it is null', async () => {
    const counter = await open();
    assert.equal((await counter.act({ do: 'show', card: null, wait_ms: null, since: null })).refused, undefined);
    await settle();
  });
});

describe('A customer without a helper', () => {
  for (const [scenario, end] of [
    ['solo', 'approved'], ['approve', 'approved'], ['pin', 'approved'], ['tips', 'approved'], ['slow', 'approved'],
    ['decline', 'declined'], ['wrong-pin', 'wrong_pin'], ['card-removed', 'card_removed'],
    ['customer-cancels', 'customer_cancelled'], ['no-card-in-time', 'no_card_in_time'],
  ]) it(`called ${scenario}: ${end}`, async () => {
    const counter = await open({ scenario });
    const order = makeOrder(tips);
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.clock.advance(6000);
    await counter.tell('granted', order.checkout_id);
    await counter.wait(120_000);
    const [result] = counter.take('result');
    assert.equal(result.reason ?? result.outcome, end);
    if (scenario === 'tips') assert.ok([63, 125, 188].includes(result.tip));
  });

  it('never starts, when that is what is wanted', async () => {
    const counter = await open({ scenario: 'never-starts' });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: makeOrder() });
    await counter.wait(61_000);
    assert.deepEqual(counter.take('start'), []);
    assert.equal(counter.scene.screen, 'idle');
  });

  it('is the same one again with the same seed', async () => {
    const day = async seed => {
      const counter = await open({ scenario: 'mix', seed, pace: 0.01 });
      const ends = [];
      for (let round = 0; round < 30; round++) {
        const order = makeOrder();
        await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
        await counter.clock.advance(70);
        await counter.tell('granted', order.checkout_id);
        await counter.wait(70_000);
        await counter.tell('ack', order.checkout_id);
        ends.push(counter.scene.last_reason ?? counter.scene.last_outcome);
      }
      return ends;
    };
    assert.deepEqual(await day(3), await day(3));
    assert.notDeepEqual(await day(3), await day(4));
  });
});
