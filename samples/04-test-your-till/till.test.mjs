// Tests of a till against a Fleet process: the till uses SumUp's own SDK, the test moves the reader.
//
//   node --test till.test.mjs

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SumUp } from '@sumup/sdk';

const { FLEET = 'http://127.0.0.1:8080', KEY = 'sup_sk_sandbox', MERCHANT = 'MC0X0ABC' } = process.env;

/** One request to Fleet that the SDK does not know, and its answer. */
async function call(method, path, body) {
  const answer = await fetch(FLEET + path, {
    method, body: body && JSON.stringify(body),
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : {};
}

/** The program under test: here it charges, terminates, and waits for the outcome. */
class Till {
  #readers = new SumUp({ apiKey: KEY, host: FLEET }).readers;

  constructor(reader) { this.reader = reader; }

  async charge(cents) {
    const order = { total_amount: { currency: 'EUR', minor_unit: 2, value: cents } };
    return (await this.#readers.createCheckout(MERCHANT, this.reader, order)).data.checkout_id;
  }

  terminate() { return this.#readers.terminateCheckout(MERCHANT, this.reader); }

  async outcome(checkout) {
    const told = await call('GET', `/fleet/v1/checkouts/${checkout}/outcome?seconds=30`);
    return [told.state, told.reason?.code ?? ''];
  }
}

/** What happens at the reader. */
class Customer {
  static async arrive() {
    const { readers: [{ reader_id: reader }] } = await call('POST', '/fleet/v1/test/readers', { name: 'Test lane' });
    return Object.assign(new Customer(), { reader, path: `/fleet/v1/test/readers/${reader}` });
  }

  act(what, wish = {}) { return call('POST', `${this.path}/${what}`, wish); }

  async waitFor(screen) {
    let { scene } = await call('GET', this.path);
    while (scene.screen !== screen)
      ({ scene } = await call('GET', `${this.path}?wait_seconds=10&since=${scene.version}`));
  }

  leave() { return call('DELETE', `/v0.1/merchants/${MERCHANT}/readers/${this.reader}`); }
}

let customer, till;

beforeEach(async () => {
  customer = await Customer.arrive();
  till = new Till(customer.reader);
});

afterEach(() => customer.leave());

test('paid', async () => {
  const checkout = await till.charge(1500);
  await customer.act('present', { card: 'visa' });
  assert.deepEqual(await till.outcome(checkout), ['SUCCESSFUL', '']);
});

test('declined', async () => {
  const checkout = await till.charge(1500);
  await customer.act('present', { card: 'declined' });
  assert.deepEqual(await till.outcome(checkout), ['FAILED', 'declined']);
});

test('cancelled by the customer', async () => {
  await customer.act('script', { steps: [{ do: 'press', key: 'cancel' }] });
  const checkout = await till.charge(1500);
  assert.deepEqual(await till.outcome(checkout), ['CANCELLED', 'customer_cancelled']);
});

test('terminated', async () => {
  const checkout = await till.charge(1500);
  await customer.waitFor('card');
  await till.terminate();
  assert.deepEqual(await till.outcome(checkout), ['CANCELLED', 'terminated']);
});

test('no card', async () => {
  await customer.act('scenario', { scenario: 'no-card-in-time' });
  const checkout = await till.charge(1500);
  assert.deepEqual(await till.outcome(checkout), ['CANCELLED', 'no_card_in_time']);
});

test('result lost and found', async () => {
  await customer.act('link', { die_after_charge: true });
  const checkout = await till.charge(1500);
  const { scene } = await customer.act('present', { card: 'visa', wait_seconds: 10 });
  assert.equal(scene.charges, 1);
  assert.deepEqual(await till.outcome(checkout), ['SUCCESSFUL', '']);
});

test('device switched off', async () => {
  const checkout = await till.charge(1500);
  await customer.waitFor('card');
  await customer.act('power', { wait_seconds: 10 });
  assert.deepEqual(await till.outcome(checkout), ['FAILED', 'reader_lost']);
});
