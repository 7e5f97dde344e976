// Every version of SumUp's SDK for JavaScript that there is, from the oldest: each takes a payment, ends one, and looks back.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startFleet, until } from './fleet.mjs';

const total_amount = { currency: 'EUR', minor_unit: 2, value: 700 };

// The oldest take an answer without a body for a fault: what they asked for was done, and then they throw. So they do
// with SumUp itself, which answers these requests in the same way.
const noBody = ['0.0.4', '0.0.7', '0.0.8', '0.0.9'];
const versions = [...noBody, '0.0.13', '0.1.4', '0.1.7', '0.1.8', '0.2.0'];

describe('SumUp\'s SDK for JavaScript', () => {
  let fleet;

  before(async () => { fleet = await startFleet(); });
  after(() => fleet?.stop());

  // Lanes side by side; on each reader one version after the other.
  describe('in every version', { concurrency: true }, () => {
    [0, 1, 2, 3].forEach(lane => describe(`on reader ${lane + 1}`, { concurrency: 1 }, () => {
      versions.filter((_, i) => i % 4 === lane).forEach(version => it(version, () => story(version, fleet.paired[lane].id)));
    }));
  });

  async function story(version, id) {
    const { SumUp } = await import(version === '0.2.0' ? '@sumup/sdk' : `sumup-sdk-${version}`);
    const { readers, transactions, receipts, merchants } = new SumUp({ apiKey: fleet.key, host: fleet.address });
    const { merchant } = fleet;
    const { items } = await readers.list(merchant);
    assert.ok(items.some(reader => reader.id === id));
    const busy = await started(await readers.createCheckout(merchant, id, { total_amount }));
    assert.match(String(await failure(readers.createCheckout(merchant, id, { total_amount }))), /READER_BUSY/);
    await (readers.terminateCheckout ?? readers.terminate).call(readers, merchant, id);
    await until(`${version}: it is over`, async () => (await busy()).status !== 'PENDING');

    const paid = await started(await readers.createCheckout(merchant, id, { total_amount }));
    const transaction = await until(`${version}: it is paid`, async () => {
      const found = await paid();
      return found.status !== 'PENDING' && found;
    });
    assert.deepEqual([transaction.status, transaction.amount], ['SUCCESSFUL', 7]);
    for (const { href } of transaction.links) assert.ok(href.startsWith(`${fleet.address}/v1.`), href);
    const { transaction_data } = await receipts.get(transaction.transaction_code, { mid: merchant });
    assert.equal(transaction_data.amount, '7.00');
    assert.equal((await history(transactions, { limit: 3 })).filter(item => item.transaction_id === transaction.id).length, 1);
    if (merchants) assert.equal((await merchants.get(merchant)).merchant_code, merchant);

    await sent(version, version >= '0.1.7' // since then it names the merchant
      ? transactions.refund(merchant, transaction.id, { amount: 2.5 })
      : transactions.refund(transaction.id, { amount: 2.5 }));
    assert.equal((await paid()).status, 'REFUNDED');

    async function started({ data }) {
      return () => transactions.get(merchant, { client_transaction_id: data.client_transaction_id });
    }
  }

  it('deletes a reader in its oldest version, and in the oldest that reads the answer', async () => {
    for (const [i, version] of ['0.0.4', '0.0.13'].entries()) {
      const { SumUp } = await import(`sumup-sdk-${version}`);
      const { readers } = new SumUp({ apiKey: fleet.key, host: fleet.address });
      const { id } = fleet.paired[i];
      await sent(version, (readers.delete ?? readers.deleteReader).call(readers, fleet.merchant, id));
      assert.ok((await readers.list(fleet.merchant)).items.every(reader => reader.id !== id));
    }
  });

  /** All items, page by page, as the links say; the last page has none. */
  async function history(transactions, query) {
    const { items, links } = await transactions.list(fleet.merchant, query);
    const next = links?.[0] && Object.fromEntries(new URLSearchParams(links[0].href));
    return next ? [...items, ...await history(transactions, next)] : items;
  }
});

/** A request whose answer has no body. */
async function sent(version, call) {
  if (noBody.includes(version)) assert.match(String(await failure(call)), /non-json response/);
  else await call;
}

const failure = call => Promise.resolve(call).then(() => assert.fail('It did not fail.'), error => error);
