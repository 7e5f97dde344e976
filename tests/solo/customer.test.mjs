// What customers do whom no test moves.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, makeOrder } from './world.mjs';

const open = behaviour => Counter.open(behaviour);
const tips = { tip_rates: [0.05, 0.1, 0.15], tip_timeout_seconds: 30 };

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
