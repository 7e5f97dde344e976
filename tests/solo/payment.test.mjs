// The checklist of docs/link-protocol.md: payments, terminate, reconnecting and the journal.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { Counter, makeOrder, settle } from './world.mjs';

const open = (behaviour, checkout) => Counter.open(behaviour, checkout);
const outcomes = frames => frames.map(({ type, outcome, reason }) => [type, outcome, reason].filter(Boolean).join(' '));

describe('A payment', () => {
  it('takes no card before it is granted, and reports what was charged', async () => {
    const counter = await open();
    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    assert.equal(counter.scene.screen, 'asking');
    await counter.clock.advance(0);
    assert.deepEqual(counter.take(), [{ type: 'start', epoch: counter.epoch, checkout_id: order.checkout_id }]);
    await counter.tell('granted', order.checkout_id);
    assert.equal(counter.take('state')[0].state, 'WAITING_FOR_CARD');
    await counter.act({ do: 'present', card: 'visa' });
    counter.take();
    await counter.clock.advance(2000);

    const [result, state] = counter.take();
    assert.deepEqual([result.type, result.outcome, result.amount, result.tip], ['result', 'approved', 1250, 0]);
    assert.match(result.card.auth_code, /^\d{6}$/);
    assert.deepEqual({ ...result.card, auth_code: '' },
      { last4: '4242', scheme: 'VISA', entry_mode: 'contactless', auth_code: '' });
    assert.equal(state.state, 'IDLE');
    await counter.tell('ack', order.checkout_id);
    assert.deepEqual([counter.journal.results.length, counter.journal.charges.length], [0, 1]);
  });

  it('is asked for again after 5 seconds without an answer, and after the next welcome', async () => {
    const counter = await open();
    const order = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.clock.advance(5000);
    assert.equal(counter.take('start').length, 2);
    const after = await counter.reconnect({ ...order, remaining_ms: 40_000 });
    assert.deepEqual(after.map(({ type }) => type), ['status', 'state', 'start']);
    assert.equal(counter.scene.screen, 'asking');
  });

  it('clears the screen when the window is over, and says of a late grant that no card was taken', async () => {
    const counter = await open();
    const order = makeOrder({ remaining_ms: 12_000 });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    counter.clock.today += 3_600_000; // the time of day jumps
    await counter.clock.advance(11_999);
    assert.equal(counter.scene.screen, 'asking');
    await counter.clock.advance(1);
    assert.equal(counter.scene.screen, 'idle');
    counter.take();
    await counter.clock.advance(10_000);
    assert.equal(counter.take('start').length, 2);
    await counter.tell('granted', order.checkout_id);
    assert.deepEqual(outcomes(counter.take('result')), ['result failed reader_lost']);
    assert.equal(counter.journal.charges.length, 0);
  });

  it('that was given up and then granted is answered by the welcome, too', async () => {
    const counter = await open();
    const order = makeOrder({ remaining_ms: 1000 });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.clock.advance(1000);
    counter.take();
    await counter.resume(order);
    assert.deepEqual(outcomes(counter.take('result')), ['result failed reader_lost']);
    assert.equal(counter.scene.screen, 'idle');
  });

  it('has the window that the last welcome named', async () => {
    const counter = await open();
    const order = makeOrder({ remaining_ms: 30_000 });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.welcome({ ...order, remaining_ms: 2000 });
    await counter.clock.advance(2000);
    assert.equal(counter.scene.screen, 'idle');
  });

  it('for which the device never asked leaves nothing when its window is over', async () => {
    const counter = await open({ scenario: 'never-starts' });
    const order = makeOrder({ remaining_ms: 1000 });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    await counter.clock.advance(1000);
    await counter.tell('terminate', order.checkout_id);
    assert.deepEqual(counter.take(), []);
  });

  it('is one, however often its checkout comes', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    assert.equal(counter.scene.screen, 'card');
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    counter.take();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    assert.deepEqual(outcomes(counter.take()), ['result approved']);
    await counter.tell('ack', order.checkout_id);
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: order });
    assert.deepEqual(outcomes(counter.take()), ['result approved']);
    assert.equal(counter.journal.charges.length, 1);
  });

  it('ends without a card when its start is refused, and says so when it had been granted', async () => {
    const counter = await open();
    const first = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: first });
    await counter.tell('refused', first.checkout_id, { of: 'start' });
    assert.equal(counter.scene.screen, 'idle');
    const second = await counter.pay();
    counter.take();
    await counter.tell('refused', second.checkout_id, { of: 'start' });
    assert.deepEqual(outcomes(counter.take('result')), ['result failed reader_lost']);
  });

  it('goes on while the connection is down, and its result comes after the next welcome', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    await counter.break();
    await counter.clock.advance(3000);
    await counter.accept();
    const before = counter.socket.frames.length;
    await counter.resume(order);
    const after = counter.socket.frames.slice(before);
    assert.deepEqual(after.map(({ type, epoch }) => [type, epoch]),
      [['result', counter.epoch], ['status', counter.epoch], ['state', counter.epoch]]);
  });

  it('never charges again after the power went, and says that no card was taken', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    counter.reader.powerOff();
    await counter.start({ ...order, started: true, remaining_ms: 0 });
    assert.deepEqual(counter.journal.results.map(({ reason }) => reason), ['reader_lost']);
    assert.equal(counter.journal.charges.length, 0);
  });

  it('waits its turn while the one before it is being charged', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present' });
    const next = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: next });
    counter.take();
    await counter.clock.advance(2000);
    assert.deepEqual(counter.take('result', 'start').map(({ type }) => type), ['result', 'start']);
    assert.equal(counter.scene.checkout_id, next.checkout_id);
  });

  it('that waited longer than its window is not shown', async () => {
    const counter = await open();
    await counter.pay(makeOrder({ amount: 2068, test_cents: true }));
    await counter.act({ do: 'present' });
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: makeOrder({ remaining_ms: 15_000 }) });
    await counter.clock.advance(20_000);
    assert.deepEqual([counter.scene.screen, counter.take('start').length], ['idle', 1]);
  });

  it('is finished when a welcome has no checkout and the card is being charged', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present' });
    await counter.welcome();
    await counter.clock.advance(2000);
    assert.deepEqual(outcomes(counter.take('result')), ['result approved']);
  });

  it('follows a welcome, whatever was on the screen before', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.welcome({ ...order, started: true, remaining_ms: 0 });
    assert.equal(counter.scene.screen, 'card');
    await counter.welcome(order); // Fleet does not know the grant
    assert.equal(counter.scene.screen, 'asking');
    await counter.welcome(makeOrder());
    assert.notEqual(counter.scene.checkout_id, order.checkout_id);
    await counter.welcome();
    assert.equal(counter.scene.screen, 'idle');
    assert.equal(counter.journal.charges.length, 0);
  });
});

describe('Terminate', () => {
  it('at each millisecond ends the payment without a charge, or is too late and the real result follows', async () => {
    const seen = new Set();
    const counter = await open({ scenario: 'approve', pace: 0.01 });
    for (let ms = 0; ms < 130; ms++) {
      const order = await counter.pay();
      counter.take();
      await counter.clock.advance(ms);
      await counter.tell('terminate', order.checkout_id);
      await counter.clock.advance(300);
      const answers = outcomes(counter.take('terminated', 'too_late', 'result'));
      const charged = counter.journal.charges.some(one => one.checkout_id === order.checkout_id);
      const [answer] = answers;
      seen.add(answers.join(', '));
      assert.equal(charged, answer !== 'terminated', `after ${ms} ms: ${answers}`);
      await counter.tell('ack', order.checkout_id);
    }
    assert.deepEqual([...seen].sort(), ['result approved, result approved', 'terminated', 'too_late, result approved']);
  });

  it('before the start is answered once, and afterwards is repeated until it is acknowledged', async () => {
    const counter = await open({ scenario: 'approve' });
    const first = makeOrder();
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: first });
    await counter.tell('terminate', first.checkout_id);
    assert.deepEqual(outcomes(counter.take()), ['terminated']);
    assert.equal(counter.disk.writes, 0);

    const second = await counter.pay();
    await counter.tell('terminate', second.checkout_id);
    counter.take();
    await counter.clock.advance(10_000);
    assert.deepEqual(outcomes(counter.take()), ['terminated']);
    const [again] = await counter.reconnect();
    assert.equal(again.type, 'terminated');
    await counter.tell('ack', second.checkout_id);
    assert.equal(counter.journal.results.length, 0);
  });

  it('of the last checkout does not touch the next one', async () => {
    const counter = await open();
    const first = await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    await counter.tell('ack', first.checkout_id);
    await counter.pay();
    counter.take();
    await counter.tell('terminate', first.checkout_id);
    assert.equal(counter.scene.screen, 'card');
    assert.deepEqual(counter.take(), []);
  });

  it('comes with a welcome, too', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.say({
      type: 'welcome', epoch: ++counter.epoch, name: 'Till 1',
      checkout: { ...order, started: true, remaining_ms: 0, terminate: true },
    });
    assert.equal(counter.take('terminated').length, 1);
  });
});

describe('The journal', () => {
  it('has charge and result on disk before the screen and Fleet are told', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present' });
    counter.take();
    const release = counter.disk.hold();
    await counter.clock.advance(2000);
    assert.deepEqual([counter.take(), counter.scene.screen], [[], 'authorising']);
    release();
    await settle();
    assert.deepEqual(outcomes(counter.take('result')), ['result approved']);
    assert.equal(counter.scene.screen, 'idle');
  });

  it('reports after the power went between write and send, and charges once', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    const release = counter.disk.hold();
    await counter.clock.advance(2000);
    counter.reader.powerOff();
    release();
    const sent = counter.socket.frames.filter(({ type }) => type === 'result');
    await counter.reader.powerOn();
    await counter.clock.advance(0);
    await counter.accept();
    await counter.resume(order);
    assert.equal(sent.length, 0);
    assert.deepEqual(outcomes(counter.take('result')), ['result approved']);
    assert.equal(counter.journal.charges.length, 1);
  });

  it('stops the device when it cannot be written: nothing is shown or sent', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present' });
    counter.take();
    counter.disk.fails = true;
    await counter.clock.advance(2000);
    assert.deepEqual(counter.take(), []);
    assert.match(counter.reader.broken.message, /disk is full/);
    assert.equal(counter.reader.power, 'off');
  });

  it('is repeated every 10 seconds, and after a refusal only when Fleet asks', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    counter.take();
    await counter.clock.advance(20_000);
    assert.equal(counter.take('result').length, 2);
    await counter.tell('refused', order.checkout_id, { of: 'result' });
    await counter.clock.advance(30_000);
    assert.equal(counter.take('result').length, 0);
    assert.equal(counter.journal.refused.length, 1);
    await counter.welcome({ ...order, started: true, remaining_ms: 0 });
    assert.deepEqual([counter.journal.refused.length, counter.journal.results.length], [0, 1]);
  });

  it('keeps a result that failed and was refused, and tells it when Fleet asks', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'press', key: 'cancel' });
    await counter.tell('refused', order.checkout_id, { of: 'result' });
    counter.take();
    await counter.resume(order);
    assert.deepEqual(outcomes(counter.take('result')), ['result cancelled customer_cancelled']);
  });

  it('forgets a result for an ack of this epoch only', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'press', key: 'cancel' });
    await counter.say({ type: 'ack', epoch: counter.epoch - 1, checkout_id: order.checkout_id });
    assert.equal(counter.journal.results.length, 1);
  });

  it('answers a grant of a checkout that the device does not have in hand', async () => {
    const counter = await open();
    await counter.tell('granted', randomUUID());
    assert.deepEqual(outcomes(counter.take('result')), ['result failed reader_lost']);
  });
});
