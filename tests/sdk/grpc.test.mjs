// A foreign client of gRPC, made of nothing but the published contract.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { startFleet } from './fleet.mjs';

const here = path => fileURLToPath(new URL(path, import.meta.url));
const total_amount = { currency: 'EUR', minor_unit: 2, value: 1500 };

describe('A client of gRPC', () => {
  let fleet, checkouts, key;

  before(async () => {
    fleet = await startFleet();
    const contract = loader.loadSync('fleet/v1/checkouts.proto', {
      keepCase: true, longs: Number, enums: String, defaults: true,
      includeDirs: [here('../../src/Fleet.Protocol'), here('node_modules/protobufjs')],
    });
    const { Checkouts } = grpc.loadPackageDefinition(contract).fleet.v1;
    checkouts = new Checkouts(fleet.grpc, grpc.credentials.createInsecure());
    key = new grpc.Metadata();
    key.set('authorization', `Bearer ${fleet.key}`);
  });

  after(async () => {
    checkouts?.close();
    await fleet?.stop();
  });

  const call = (method, request, metadata = key) => promisify(checkouts[method].bind(checkouts))(request, metadata);

  it('starts a checkout and watches it to the end', async () => {
    const [{ id }] = fleet.paired;
    const { checkout_id } = await call('Start', { reader_id: id, total_amount });
    const kinds = [];
    for await (const { kind, checkout } of checkouts.Watch({ checkout_id }, key)) kinds.push([kind, checkout.state]);

    assert.deepEqual(kinds.at(0)[0], 'current');
    assert.deepEqual(kinds.at(-1), ['succeeded', 'SUCCESSFUL']);
    const { total_amount: amount, reader_id } = await call('Get', { checkout_id });
    assert.deepEqual([amount, reader_id], [total_amount, id]);
  });

  it('starts one on every reader in one stream, and hears how each ended', async () => {
    const many = checkouts.StartMany(key);
    for (const { id, name } of fleet.paired) many.write({ item: name, start: { reader_id: id, total_amount } });
    many.write({ item: 'nobody', start: { reader_id: 'rdr_00000000000000000000000000', total_amount } });
    many.end();
    const replies = [];
    for await (const reply of many) replies.push(reply);

    const told = part => replies.filter(reply => reply[part]).map(reply => reply.item).sort();
    const names = fleet.paired.map(({ name }) => name).sort();
    assert.deepEqual([told('accepted'), told('outcome'), told('refused')], [names, names, ['nobody']]);
    assert.ok(replies.every(({ outcome }) => !outcome || outcome.state === 'SUCCESSFUL'));
  });

  it('waits for an outcome, and reads why there was no payment', async () => {
    const [, { id }] = fleet.paired;
    const { checkout_id } = await call('Start', { reader_id: id, total_amount: { ...total_amount, value: 1100 } });
    const { state, reason } = await call('Wait', { checkout_id, seconds: 60 });

    assert.deepEqual([state, reason.code, reason.retryable], ['FAILED', 'declined', false]);
  });

  it('is refused without a key, and for fields that are wrong', async () => {
    const [{ id }] = fleet.paired;
    const refusal = promise => promise.then(() => assert.fail('Fleet did not refuse.'), error => error.code);

    assert.equal(await refusal(call('Start', { reader_id: id, total_amount }, new grpc.Metadata())), grpc.status.UNAUTHENTICATED);
    assert.equal(await refusal(call('Start', { reader_id: id })), grpc.status.INVALID_ARGUMENT);
    assert.equal(await refusal(call('Get', { checkout_id: 'x' })), grpc.status.NOT_FOUND);
  });
});
