// A chain of a hundred stores, looked after and charged at by a foreign client of gRPC.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { startFleet, startReader, until } from './fleet.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const total_amount = { currency: 'EUR', minor_unit: 2, value: 1500 };
const storeCount = 100, checkoutsPerStore = 5;
const stores = Array.from({ length: storeCount }, (_, i) => `branch-${i + 1}`);

describe('A chain of stores', () => {
  const clients = {};
  let fleet, readers, key;

  before(async () => {
    fleet = await startFleet('--Fleet:RequestsPerSecond=0');
    const contract = loader.loadSync(['checkouts', 'readers', 'stores', 'fleet'].map(name => `fleet/v1/${name}.proto`), {
      keepCase: true, longs: Number, enums: String, defaults: true,
      includeDirs: [here('../../src/Fleet.Protocol'), here('node_modules/protobufjs')],
    });
    const services = grpc.loadPackageDefinition(contract).fleet.v1;
    for (const name of ['Checkouts', 'Readers', 'Stores', 'FleetStatus'])
      clients[name] = new services[name](fleet.grpc, grpc.credentials.createInsecure());
    key = new grpc.Metadata();
    key.set('authorization', `Bearer ${fleet.key}`);
    readers = startReader(fleet, 'chain', 'solo', '--count', String(storeCount), '--pace', '0');
  });

  after(async () => {
    for (const client of Object.values(clients)) client.close();
    await readers?.stop();
    await fleet?.stop();
  });

  const call = (client, method, request) => promisify(clients[client][method].bind(clients[client]))(request, key);
  const all = async stream => {
    const found = [];
    for await (const one of stream) found.push(one);
    return found;
  };

  it('opens its stores and moves a reader into each, as one call with a result per reader', async () => {
    await Promise.all(stores.map(store => call('Stores', 'Create', { store, name: `Shop ${store}` })));
    const paired = await until('All readers are paired and free', async () => {
      const { readers: found } = await call('Readers', 'List', { presence: 'FREE', text: 'chain', page_size: 500 });
      return found.length === storeCount && found;
    });
    const changes = paired.map(({ reader_id }, i) => ({ move: { reader_id, store: stores[i], tags: { values: ['lane-1'] } } }));

    const tried = await all(clients.Readers.ChangeMany({ changes, dry_run: true }, key));
    assert.equal((await call('Readers', 'List', { store: 'default', text: 'chain' })).readers.length, storeCount);
    const done = await all(clients.Readers.ChangeMany({ changes }, key));
    assert.ok([...tried, ...done].every(result => result.done));
    assert.equal(done.at(-1).finished, storeCount);

    const board = await call('Stores', 'Board', { store: 'branch-7' });
    assert.deepEqual(board.readers.map(({ store, tags, presence }) => [store, tags, presence]), [['branch-7', ['lane-1'], 'FREE']]);
  });

  it('starts 500 checkouts over 100 stores in one stream: none is lost, none doubled', async () => {
    const many = clients.Checkouts.StartMany(key);
    const items = stores.flatMap(store => Array.from({ length: checkoutsPerStore }, (_, i) => ({ item: `${store}/${i}`, store })));
    for (const { item, store } of items)
      many.write({ item, start: { total_amount, idempotency_key: item, route: { store, tags: ['lane-1'], queue_for: 120 } } });
    many.end();
    const replies = await all(many);

    const named = part => replies.filter(reply => reply[part]).map(({ item }) => item).sort();
    assert.deepEqual(replies.filter(({ refused }) => refused), []);
    assert.deepEqual([named('accepted'), named('outcome')], [items.map(({ item }) => item).sort(), items.map(({ item }) => item).sort()]);
    const ids = replies.flatMap(({ accepted }) => accepted ? [accepted.checkout_id] : []);
    assert.equal(new Set(ids).size, items.length);
    assert.ok(replies.every(({ outcome }) => !outcome || outcome.state === 'SUCCESSFUL'));
    const paid = await history(`${fleet.address}/v2.1/merchants/${fleet.merchant}/transactions/history`);
    const ours = paid.map(({ transaction_id }) => transaction_id).filter(id => ids.includes(id)); // Fleet showed one, too
    assert.deepEqual(ours.sort(), ids.sort());
    assert.equal(paid.length, items.length + 1);
  });

  it('knows the state of the whole fleet', async () => {
    const { stores: count, failed, readers: counts } = await call('FleetStatus', 'Get', {});

    assert.deepEqual([count, failed, counts.offline, counts.silent], [storeCount + 3, 0, 0, 0]); // the default one, and two of the sandbox
    assert.ok(counts.free >= storeCount);
  });

  /** All pages of the history, as the ledger's word on what was charged. */
  async function history(address, query = '?limit=100') {
    const items = [];
    for (let next = query; next;) {
      const answer = await fetch(address + next, { headers: { authorization: `Bearer ${fleet.key}` } });
      const page = await answer.json();
      items.push(...page.items);
      next = page.links && `?${page.links[0].href}`;
    }
    return items;
  }
});
