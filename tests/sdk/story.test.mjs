// A till's whole story, told through the official SDK against a real server process.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { APIError, SumUp } from '@sumup/sdk';
import { startFleet, startReader, until } from './fleet.mjs';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const readerId = /^rdr_[0-9A-Z]{26}$/;
const connections = ['btle', 'edge', 'gprs', 'lte', 'umts', 'usb', 'Wi-Fi'];
const unknownReader = 'rdr_00000000000000000000000000';

describe('The official SDK', () => {
  let fleet, slow, readers, transactions, receipts, terrace;
  const merchant = () => fleet.merchant;

  before(async () => {
    fleet = await startFleet();
    slow = startReader(fleet, 'Slow lane', 'slow');
    ({ readers, transactions, receipts } = new SumUp({ apiKey: fleet.key, host: fleet.address }));
  });

  after(async () => {
    await slow?.stop('SIGKILL');
    await fleet?.stop();
  });

  describe('keeps readers', () => {
    let counter;

    it('pairs a reader by the code it shows', async () => {
      const [{ serial, code }] = fleet.waiting;
      const body = { pairing_code: code, name: 'Counter', metadata: { till: 7, floor: 'ground' } };
      const { data, response } = await readers.createWithResponse(merchant(), body);

      assert.equal(response.status, 201);
      assert.match(data.id, readerId);
      assert.ok(['processing', 'paired'].includes(data.status), data.status);
      counter = await pairedReader(data.id);
      assert.deepEqual(
        [counter.name, counter.metadata, counter.device],
        ['Counter', { till: 7, floor: 'ground' }, { identifier: serial, model: 'virtual-solo' }]);
      assert.match(counter.created_at, timestamp);
      assert.match(counter.updated_at, timestamp);
    });

    it('takes a code as people type it', async () => {
      const [, { serial, code }] = fleet.waiting;
      const typed = `${code.slice(0, 4)}-${code.slice(4)} `.toLowerCase();
      const { id } = await readers.create(merchant(), { pairing_code: typed, name: 'Terrace' });

      terrace = await pairedReader(id);
      assert.equal(terrace.device.identifier, serial);
      assert.equal(terrace.metadata, undefined);
    });

    it('hears that a code is used up, or was never shown', async () => {
      const [{ code }] = fleet.waiting;
      const used = await refusal(readers.create(merchant(), { pairing_code: code, name: 'Twice' }));
      const unknown = await refusal(readers.create(merchant(), { pairing_code: 'ZZZZZZZZ', name: 'Never' }));

      assert.deepEqual([used.status, typeOf(used)], [409, 'conflict']);
      assert.deepEqual([unknown.status, typeOf(unknown)], [404, 'not-found']);
    });

    it('lists them, each as it is when asked for alone', async () => {
      const { items } = await readers.list(merchant());

      for (const { serial, name, id } of fleet.paired) {
        const listed = items.find(reader => reader.id === id);
        assert.deepEqual([listed?.name, listed?.status, listed?.device.identifier], [name, 'paired', serial]);
      }
      assert.deepEqual(items.find(reader => reader.id === counter.id), await readers.get(merchant(), counter.id));
    });

    it('renames one without touching its metadata, and the other way round', async () => {
      const renamed = await readers.update(merchant(), counter.id, { name: 'Counter, left' });
      const replaced = await readers.update(merchant(), counter.id, { metadata: { till: 8 } });

      assert.deepEqual([renamed.name, renamed.metadata], ['Counter, left', { till: 7, floor: 'ground' }]);
      assert.deepEqual([replaced.name, replaced.metadata], ['Counter, left', { till: 8 }]);
      assert.deepEqual(await readers.get(merchant(), counter.id), replaced);
    });

    it('sees how one is', async () => {
      const { data } = await until('the reader tells how it feels', async () => {
        const status = await readers.getStatus(merchant(), counter.id);
        return status.data.battery_level !== undefined && status;
      });

      assert.deepEqual([data.status, data.state], ['ONLINE', 'IDLE']);
      assert.ok(data.battery_level >= 0 && data.battery_level <= 100, data.battery_level);
      assert.ok(Number.isInteger(data.battery_temperature), data.battery_temperature);
      assert.ok(connections.includes(data.connection_type), data.connection_type);
      assert.match(data.firmware_version, /^\d+(\.\d+)+$/);
      assert.match(data.last_activity, timestamp);
    });

    it('deletes one, and it is gone', async () => {
      const { data, response } = await readers.deleteWithResponse(merchant(), counter.id);

      assert.deepEqual([data, response.status], [undefined, 200]);
      for (const { status } of await refusals([
        readers.get(merchant(), counter.id),
        readers.getStatus(merchant(), counter.id),
        readers.delete(merchant(), counter.id),
      ])) assert.equal(status, 404);
      const { items } = await readers.list(merchant());
      assert.ok(!items.some(reader => reader.id === counter.id));
    });
  });

  // Each takes place on a reader of its own, so they need not wait for each other.
  describe('takes payments', { concurrency: true }, () => {
    it('sees one through, and a second one refused meanwhile', async () => {
      const [{ id, serial }] = fleet.paired;
      const total_amount = { currency: 'EUR', minor_unit: 2, value: 1500 };
      const { data, response } = await readers.createCheckoutWithResponse(merchant(), id, { total_amount });
      const busy = await refusal(readers.createCheckout(merchant(), id, { total_amount }));
      const pending = await readers.getCheckout(merchant(), id, data.data.checkout_id);
      const paid = await finalCheckout(id, data);

      assert.equal(response.status, 201);
      assert.match(data.data.checkout_id, uuid);
      assert.match(data.data.client_transaction_id, uuid);
      assert.deepEqual([busy.status, typeOf(busy), busy.error.errors.type], [422, 'reader-busy', 'READER_BUSY']);
      assert.equal(busy.error.errors.detail, 'There is a pending checkout for the device.');
      assert.equal(busy.error.errors.checkout_id, data.data.checkout_id);
      assert.equal(pending.data.status, 'pending');
      assert.equal(paid.status, 'successful');
      assert.deepEqual(paid.total_amount, total_amount);
      assert.deepEqual([paid.reader_serial_number, paid.payment_type], [serial, 'card']);
      assert.equal(paid.client_transaction_id, data.data.client_transaction_id);
      assert.equal(paid.payment_failure_reason, null);
      for (const time of ['created_at', 'updated_at', 'valid_until']) assert.match(paid[time], timestamp, time);
      for (const [member, value] of Object.entries(paid)) assert.ok(value !== null || member === 'payment_failure_reason', member);
    });

    it('learns that a card was declined', async () => {
      const [, { id }] = fleet.paired;
      const total_amount = { currency: 'EUR', minor_unit: 2, value: 1100 };
      const declined = await finalCheckout(id, await readers.createCheckout(merchant(), id, { total_amount }));

      assert.deepEqual([declined.status, declined.payment_failure_reason], ['failed', 'declined']);
    });

    it('may write minor_unit 100, as its own example does', async () => {
      const [, , { id }] = fleet.paired;
      const total_amount = { currency: 'EUR', minor_unit: 100, value: 500 };
      const paid = await finalCheckout(id, await readers.createCheckout(merchant(), id, { total_amount }));

      assert.equal(paid.status, 'successful');
      assert.deepEqual(paid.total_amount, { currency: 'EUR', minor_unit: 2, value: 500 });
    });

    it('may fill in every field there is', async () => {
      const [, , , { id }] = fleet.paired;
      const paid = await finalCheckout(id, await readers.createCheckout(merchant(), id, {
        total_amount: { currency: 'EUR', minor_unit: 2, value: 2000 },
        description: 'Zwei Kaffee ☕',
        card_type: 'debit',
        installments: 1,
        return_url: 'https://localhost:9/paid?sale=1',
        tip_rates: [0.05, 0.1, 0.29],
        tip_timeout: 60,
        affiliate: {
          app_id: 'com.example.till', key: fleet.affiliateKey, foreign_transaction_id: 'sale-1', tags: { table: '12' },
        },
      }));

      assert.equal(paid.status, 'successful');
      assert.deepEqual([paid.card_type, paid.installments, paid.total_amount.value], ['debit', 1, 2000]);
    });
  });

  describe('takes payments in one call', () => {
    it('and gets the code, or hears why nothing was charged', async () => {
      const [{ id }] = fleet.paired;
      const ask = (value, client_transaction_id) =>
        readers.createGoCheckout(merchant(), id, { total_amount: { currency: 'EUR', value }, client_transaction_id });
      const paid = await ask(1500, 'go-1');
      const declined = await refusal(ask(1100, 'go-2'));

      assert.equal(paid.data.client_transaction_id, 'go-1');
      assert.match(paid.data.transaction_code, /^T[0-9A-Z]{11}$/);
      assert.deepEqual(await ask(1500, 'go-1'), paid);
      assert.deepEqual([declined.status, declined.error.errors.type, declined.error.errors.reason],
        [422, 'PAYMENT_FAILED', 'declined']);
    });
  });

  describe('repeats itself', () => {
    it('and gets the same checkout under the same key', async () => {
      const options = { headers: { 'Idempotency-Key': 'sale-2' } };
      const ask = value => readers.createCheckout(
        merchant(), terrace.id, { total_amount: { currency: 'EUR', minor_unit: 2, value } }, options);
      const first = await ask(700);

      assert.deepEqual(await ask(700), first);
      assert.equal((await refusal(ask(800))).error.errors.type, 'IDEMPOTENCY_KEY_REUSED');
      assert.equal((await finalCheckout(terrace.id, first)).status, 'successful');
      assert.deepEqual(await ask(700), first);
    });
  });

  describe('looks back', () => {
    const total_amount = { currency: 'EUR', minor_unit: 2, value: 1650 };
    let lane, ids, transaction;

    before(() => { [lane] = fleet.paired; });

    it('finds a payment while it is still running', async () => {
      const affiliate = { app_id: 'com.example.till', key: fleet.affiliateKey, foreign_transaction_id: 'sale-7' };
      ({ data: ids } = await readers.createCheckout(merchant(), lane.id, { total_amount, affiliate, description: 'Soup' }));
      const running = await transactions.get(merchant(), { client_transaction_id: ids.client_transaction_id });

      assert.deepEqual([running.status, running.id, running.amount], ['PENDING', ids.checkout_id, 16.5]);
    });

    it('waits for its outcome in one request', async () => {
      const url = `${fleet.address}/v0.1/merchants/${merchant()}/readers/${lane.id}/checkout/${ids.checkout_id}?wait=60`;
      const answer = await fetch(url, { headers: { Authorization: `Bearer ${fleet.key}` } });

      assert.equal((await answer.json()).data.status, 'successful');
    });

    it('finds it by each of its ids', async () => {
      transaction = await transactions.get(merchant(), { id: ids.checkout_id });

      assert.deepEqual([transaction.status, transaction.payment_type, transaction.product_summary], ['SUCCESSFUL', 'POS', 'Soup']);
      assert.match(transaction.card.last_4_digits, /^\d{4}$/);
      for (const query of [
        { transaction_code: transaction.transaction_code },
        { foreign_transaction_id: 'sale-7' },
        { client_transaction_id: ids.client_transaction_id },
      ]) assert.deepEqual(await transactions.get(merchant(), query), transaction);
      const unknown = await refusal(transactions.get(merchant(), { transaction_code: 'TNOSUCHCODE1' }));
      assert.deepEqual([unknown.status, unknown.error.error_code], [404, 'NOT_FOUND']);
    });

    it('prints its receipt', async () => {
      const receipt = await receipts.get(transaction.transaction_code, { mid: merchant() });

      assert.equal(receipt.transaction_data.amount, '16.50');
      assert.equal(receipt.transaction_data.card_reader.code, lane.serial);
      assert.equal(receipt.merchant_data.merchant_profile.merchant_code, merchant());
    });

    it('gives back a part, no more than there is, and the rest', async () => {
      const { data, response } = await transactions.refundWithResponse(merchant(), ids.checkout_id, { amount: 6.5 });
      assert.deepEqual([response.status, data], [201, {}]);
      const tooMuch = await refusal(transactions.refund(merchant(), ids.checkout_id, { amount: 10.01 }));
      assert.deepEqual([tooMuch.status, tooMuch.error.errors[0].max_refundable_amount], [422, 10]);
      await transactions.refund(merchant(), ids.checkout_id);
      const nothingLeft = await refusal(transactions.refund(merchant(), ids.checkout_id));
      assert.deepEqual([nothingLeft.status, typeOf(nothingLeft)], [409, 'conflict']);

      const refunded = await transactions.get(merchant(), { id: ids.checkout_id });
      assert.deepEqual([refunded.status, refunded.transaction_events.map(one => one.amount)], ['REFUNDED', [6.5, 10]]);
      const [, second] = refunded.transaction_events;
      const receipt = await receipts.get(ids.checkout_id, { mid: merchant(), tx_event_id: second.id });
      assert.deepEqual(receipt.transaction_data.events.map(one => one.amount), ['10.00']);
    });

    it('leafs through the history, page by page', async () => {
      const seen = await walk({ limit: 2 });

      const all = await transactions.list(merchant(), { limit: 100 });
      assert.deepEqual(seen, all.items);
      assert.equal(new Set(seen.map(item => item.id)).size, seen.length);
      const mine = seen.filter(item => item.transaction_id === ids.checkout_id);
      assert.deepEqual(mine.map(item => [item.type, item.amount]), [['PAYMENT', 16.5], ['REFUND', 6.5], ['REFUND', 10]]);
    });

    it('filters it', async () => {
      const failed = await transactions.list(merchant(), { statuses: ['FAILED', 'CANCELLED'], types: ['PAYMENT'] });
      const since = await transactions.list(merchant(), { changes_since: transaction.timestamp, order: 'descending', limit: 3 });

      assert.ok(failed.items.length > 0 && failed.items.every(item => item.status !== 'SUCCESSFUL'));
      assert.deepEqual(await walk({ limit: 1, statuses: ['FAILED', 'CANCELLED'], types: ['PAYMENT'] }), failed.items);
      assert.ok(since.items.every((item, i) => i === 0 || item.timestamp <= since.items[i - 1].timestamp));
      const wrong = await refusal(transactions.list(merchant(), { limit: 0 }));
      assert.deepEqual([wrong.status, wrong.error.error_code, wrong.error.message], [400, 'INVALID', 'Validation error']);
      const misspelt = await refusal(transactions.list(merchant(), { statuses: ['SUCCESFUL'] }));
      assert.deepEqual([misspelt.status, Object.keys(misspelt.error.errors)], [400, ['type', 'detail', 'statuses[]']]);
    });

    /** All items, page by page, as the links say. */
    async function walk(query) {
      const { items, links } = await transactions.list(merchant(), query);
      if (links?.[0]?.rel !== 'next') return items;
      const next = new URLSearchParams(links[0].href);
      return [...items, ...await walk(Object.fromEntries([...next.keys()].map(name => [name, next.getAll(name)])))];
    }
  });

  describe('ends payments', () => {
    let lane, checkout;

    it('meets a reader that was paired without it', async () => {
      lane = await until('the reader appears in the list', async () => {
        const { items } = await readers.list(merchant());
        return slow.alive() && items.find(reader => reader.name === 'Slow lane');
      });
      assert.equal((await pairedReader(lane.id)).status, 'paired');
      await online('ONLINE');
    });

    it('terminates a payment while the reader waits for a card', async () => {
      const total_amount = { currency: 'EUR', minor_unit: 2, value: 900 };
      checkout = await readers.createCheckout(merchant(), lane.id, { total_amount });
      await until('the reader waits for a card', async () =>
        (await readers.getStatus(merchant(), lane.id)).data.state === 'WAITING_FOR_CARD');
      const { data, response } = await readers.terminateCheckoutWithResponse(merchant(), lane.id);
      const ended = await finalCheckout(lane.id, checkout);

      assert.deepEqual([response.status, data], [202, {}]);
      assert.deepEqual([ended.status, ended.payment_failure_reason], ['cancelled', 'terminated']);
      await until('the screen is clear again', async () =>
        (await readers.getStatus(merchant(), lane.id)).data.state === 'IDLE');
    });

    it('terminates where nothing is left to end, and nothing changes', async () => {
      await readers.terminateCheckout(merchant(), lane.id, {});

      const { data } = await readers.getCheckout(merchant(), lane.id, checkout.data.checkout_id);
      assert.equal(data.status, 'cancelled');
    });

    it('is told when the reader is offline, and that nothing waits for its return', async () => {
      await slow.stop('SIGKILL');
      await online('OFFLINE');
      const total_amount = { currency: 'EUR', minor_unit: 2, value: 900 };

      // one after the other: SumUp refuses the first one, and until then there is something to end
      for (const call of [
        () => readers.createCheckout(merchant(), lane.id, { total_amount }),
        () => readers.terminateCheckout(merchant(), lane.id),
      ]) {
        const error = await refusal(call());
        assert.deepEqual([error.status, typeOf(error), error.error.title], [422, 'reader-offline', 'Reader Offline']);
        assert.deepEqual(error.error.errors, { type: 'READER_OFFLINE', detail: 'The device is offline.' });
      }
    });

    it('deletes a reader that is offline', async () => {
      await readers.delete(merchant(), lane.id);

      assert.equal((await refusal(readers.get(merchant(), lane.id))).status, 404);
    });

    const online = expected => until(`the reader is ${expected}`, async () =>
      (await readers.getStatus(merchant(), lane.id)).data.status === expected);
  });

  describe('gets refusals it can read', () => {
    it('of a key that is wrong', async () => {
      const stranger = new SumUp({ apiKey: 'sup_sk_wrong', host: fleet.address }).readers;
      const error = await refusal(stranger.list(merchant()));

      assert.deepEqual([error.status, typeOf(error)], [401, 'unauthorized']);
    });

    it('of a reader or a checkout that is unknown', async () => {
      const total_amount = { currency: 'EUR', minor_unit: 2, value: 100 };
      for (const call of [
        () => readers.get(merchant(), unknownReader),
        () => readers.update(merchant(), unknownReader, { name: 'Nobody' }),
        () => readers.getStatus(merchant(), unknownReader),
        () => readers.createCheckout(merchant(), unknownReader, { total_amount }),
        () => readers.terminateCheckout(merchant(), unknownReader),
        () => readers.getCheckout(merchant(), fleet.paired[0].id, '00000000-0000-4000-8000-000000000000'),
      ]) {
        const error = await refusal(call());
        assert.deepEqual([error.status, typeOf(error)], [404, 'not-found']);
        assert.deepEqual(error.error.errors, { type: 'NOT_FOUND', detail: 'Not Found' });
        assert.equal(error.error.error_code, 'NOT_FOUND');
      }
    });

    it('of an unknown reader, however many ask at once', async () => {
      for (let round = 0; round < 30; round++) {
        const id = `rdr_${String(round).padStart(26, '0')}`;
        const errors = await refusals(Array.from({ length: 10 }, () => readers.getStatus(merchant(), id)));
        assert.deepEqual([...new Set(errors.map(typeOf))], ['not-found']);
      }
    });

    it('of fields that are wrong, each by its name', async () => {
      const checkout = await refusal(readers.createCheckout(merchant(), fleet.paired[0].id, {
        total_amount: { currency: 'EUR', minor_unit: 2, value: 0 },
        tip_rates: [1.5],
        return_url: 'till',
        card_type: 'gold',
      }));
      const reader = await refusal(readers.create(merchant(), { pairing_code: 'ABC' }));

      assert.deepEqual([checkout.status, typeOf(checkout)], [422, 'validation-error']);
      assert.equal(checkout.error.message, checkout.error.detail);
      assert.deepEqual(checkout.error.errors, {
        type: 'VALIDATION_ERROR',
        detail: checkout.error.detail,
        total_amount: ['must be greater than 0'],
        card_type: ['is invalid'],
        tip_rates: ['must be between 0.01 and 0.99'],
        return_url: ['must be a valid URL'],
      });
      assert.deepEqual([reader.status, typeOf(reader)], [400, 'bad-request']);
      assert.deepEqual(Object.keys(reader.error.errors).sort(), ['detail', 'name', 'pairing_code', 'type']);
    });
  });

  const pairedReader = id => until('the reader has confirmed its pairing', async () => {
    const reader = await readers.get(merchant(), id);
    return reader.status === 'paired' && reader;
  });

  const finalCheckout = (id, created) => until('the checkout is final', async () => {
    const { data } = await readers.getCheckout(merchant(), id, created.data.checkout_id);
    return data.status !== 'pending' && data;
  });
});

/** The error that the SDK throws when Fleet refuses a call. */
async function refusal(call) {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof APIError, error);
    assert.match(error.response.headers.get('content-type'), /^application\/problem\+json/);
    assert.equal(error.error.status, error.status);
    return error;
  }
  assert.fail('Fleet did not refuse.');
}

const refusals = calls => Promise.all(calls.map(refusal));

/** The last part of a problem's type, which is all that differs. */
const typeOf = error => error.error.type.replace('https://developer.sumup.com/problem/', '');
