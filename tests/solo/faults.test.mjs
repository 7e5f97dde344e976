// The contract of the frame `act`: power, network, values, scripts and scenarios.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, makeOrder } from './world.mjs';

const open = behaviour => Counter.open(behaviour);

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

  it('frames come at once again after a reset', async () => {
    const counter = await open();
    await counter.act({ do: 'link', lag_ms: 1000 });
    await counter.actLater({ do: 'reset' });
    await counter.clock.advance(2000);
    counter.take();
    await counter.say({ type: 'ping' });
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
    await counter.resume(order);
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
    const cancel = { do: 'press', key: 'cancel' };
    const steps = [{ do: 'present', card: 'declined' }, cancel, { do: 'show' }, { do: 'present' }];
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
    const kept = await counter.actLater({ do: 'present', wait_ms: 30_000 });
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
    [{ do: 'script', steps: [{ do: 'power', off_ms: 0 }] }, /A step/],
    [{ do: 'scenario', scenario: 'odd' }, /scenario must/],
    [{ do: 'show', wait_ms: 60_001 }, /wait_ms must be/],
  ]) it(`${JSON.stringify(wish).slice(0, 60)} is refused`, async () => {
    const counter = await open();
    assert.match((await counter.act(wish)).refused, why);
  });

  it('what does not belong to a wish is ignored, also when it is null', async () => {
    const counter = await open();
    assert.equal((await counter.act({ do: 'show', card: null, wait_ms: null, since: null })).refused, undefined);
  });
});
