// The checklist of docs/link-protocol.md: pairing, the connection, and unpairing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Counter, makeOrder, settle } from './world.mjs';

const open = () => Counter.open();

/** A device that is not paired, and has said its hello. */
async function unpaired() {
  const counter = new Counter();
  await counter.reader.powerOn();
  await counter.clock.advance(0);
  await counter.accept();
  return counter;
}

const paired = { type: 'paired', reader_id: 'rdr_1', name: 'Till 1', merchant_code: 'M', credential: 'secret' };

describe('Pairing', () => {
  it('says hello without a credential, shows the code, and confirms when the credential is on disk', async () => {
    const counter = await unpaired();
    assert.deepEqual(counter.take(), [{
      type: 'hello', serial: 'VIRTUAL-SOLO-WEB-TEST', model: 'virtual-solo', firmware: '3.3.40.3', helpers: true,
    }]);
    await counter.say({ type: 'pairing_code', code: '7K2M9QXD', expires_at: '2026-11-23T09:05:00+00:00' });
    assert.equal(counter.reader.view.code.text, '7K2M9QXD');

    const release = counter.disk.hold();
    await counter.say(paired);
    assert.deepEqual(counter.take(), []);
    release();
    await settle();

    assert.equal(counter.journal.credential, 'secret');
    assert.deepEqual(counter.take().map(({ type, credential }) => [type, credential]), [['hello', 'secret']]);
    assert.equal(counter.reader.view.code, null);
  });

  it('proves by the code that it showed that a pairing it missed was for it', async () => {
    const counter = await unpaired();
    await counter.say({ type: 'pairing_code', code: '7K2M9QXD' });
    await counter.break();
    assert.equal(counter.reader.view.code, null);
    await counter.clock.advance(1000);
    await counter.accept();
    assert.equal(counter.socket.frames[0].shown_code, '7K2M9QXD');
  });

  it('is not paired by a second frame', async () => {
    const counter = await open();
    await counter.say({ ...paired, reader_id: 'rdr_2' });
    assert.equal(counter.journal.reader_id, 'rdr_1');
  });

  it('survives a restart with its credential in the first frame', async () => {
    const counter = await open();
    counter.reader.powerOff();
    await counter.reader.powerOn();
    await counter.clock.advance(0);
    await counter.accept();
    assert.deepEqual(counter.socket.frames.map(({ type, reader_id }) => [type, reader_id]), [['hello', 'rdr_1']]);
  });
});

describe('The connection', () => {
  it('is dialled for ever, with a random wait that doubles up to 15 seconds', async () => {
    const counter = await open();
    counter.dice = 0.999;
    await counter.break();
    const waits = [];
    for (let round = 0; round < 9; round++) {
      const before = counter.clock.now();
      const dialled = counter.sockets.length;
      while (counter.sockets.length === dialled) await counter.clock.advance(10);
      waits.push(counter.clock.now() - before);
      await counter.break();
    }
    const limits = [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000];
    assert.deepEqual(waits, limits.map(ms => Math.ceil(ms * 0.999 / 10) * 10));
  });

  it('begins anew after a connection of some seconds, and waits up to 2 seconds for a node that stops', async () => {
    const counter = await open();
    counter.dice = 0.999;
    await counter.break(1012);
    await counter.clock.advance(1990);
    assert.equal(counter.sockets.length, 1);
    await counter.clock.advance(20);
    assert.equal(counter.sockets.length, 2);
  });

  it('begins anew with a short wait after a connection that was useful', async () => {
    const counter = await open();
    counter.dice = 0.999;
    for (let round = 0; round < 8; round++) {
      await counter.break();
      await counter.clock.advance(15_000);
    }
    await counter.accept();
    await counter.clock.advance(6000);
    await counter.say({ type: 'ping' });
    const dialled = counter.sockets.length;
    await counter.break();
    await counter.clock.advance(250);
    assert.equal(counter.sockets.length, dialled + 1);
  });

  it('is closed after 35 seconds of silence, and dialled again', async () => {
    const counter = await open();
    await counter.clock.advance(34_900);
    assert.equal(counter.socket.closedBy, null);
    await counter.say({ type: 'ping' });
    await counter.clock.advance(34_900);
    assert.equal(counter.socket.closedBy, null);
    await counter.clock.advance(500);
    assert.equal(counter.sockets.length, 2);
  });

  it('is given up when it does not open within 10 seconds', async () => {
    const counter = new Counter();
    await counter.reader.powerOn();
    await counter.clock.advance(11_000);
    assert.equal(counter.sockets.length, 2);
  });

  it('is closed when the server does not choose the sub-protocol', async () => {
    const counter = new Counter();
    await counter.reader.powerOn();
    await counter.clock.advance(0);
    await counter.accept('another');
    assert.deepEqual(counter.socket.frames, []);
    assert.ok(counter.socket.closedBy);
  });

  it('answers a ping during a write and during a payment', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    const release = counter.disk.hold();
    await counter.clock.advance(2000);
    counter.take();
    await counter.say({ type: 'ping' });
    assert.deepEqual(counter.take(), [{ type: 'pong' }]);
    release();
    await settle();
    assert.equal(counter.take('result')[0].checkout_id, order.checkout_id);
  });

  for (const [what, data] of [
    ['bytes', new ArrayBuffer(2)], ['no JSON', '{'], ['an unknown type', '{"type":"other"}'],
    ['a frame that is too large', JSON.stringify({ type: 'ping', filler: 'x'.repeat(16 * 1024) })],
  ]) it(`is closed with 4002 by ${what}`, async () => {
    const counter = await open();
    counter.socket.onmessage({ data });
    await settle();
    assert.equal(counter.sockets[0].closedBy.code, 4002);
  });

  it('ignores frames of another epoch, also when they name the right checkout', async () => {
    const counter = await open();
    const order = await counter.pay();
    const frame = { epoch: counter.epoch - 1, checkout_id: order.checkout_id, act_id: 'x', wish: { do: 'present' } };
    for (const type of ['terminate', 'ack', 'granted', 'act']) await counter.say({ type, ...frame });
    assert.equal(counter.scene.screen, 'card');
    assert.equal(counter.take('acted', 'terminated').length, 0);
  });
});

describe('Unpairing', () => {
  it('sends what is left with its epoch, then shows a code on the same connection', async () => {
    const counter = await open();
    const order = await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    counter.take();

    await counter.say({ type: 'unpaired', reader_id: 'rdr_1' });
    assert.deepEqual(counter.take().map(({ type, epoch }) => [type, epoch]), [['result', counter.epoch]]);
    await counter.say({ type: 'checkout', epoch: counter.epoch, checkout: makeOrder() });
    assert.equal(counter.scene.screen, 'idle');
    await counter.tell('ack', order.checkout_id);

    assert.equal(counter.journal.credential, undefined);
    assert.deepEqual(counter.take().map(({ type, credential }) => [type, credential]), [['hello', undefined]]);
    await counter.tell('granted', order.checkout_id);
    assert.deepEqual(counter.take(), []);
  });

  it('sends a result with epoch 0 when there was no welcome, and forgets the pairing after 5 seconds', async () => {
    const counter = await open();
    await counter.pay();
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    await counter.break();
    await counter.clock.advance(1000);
    await counter.accept();
    counter.take();
    await counter.say({ type: 'unpaired', reader_id: 'rdr_1' });
    assert.deepEqual(counter.take().map(({ type, epoch }) => [type, epoch]), [['result', 0]]);
    await counter.clock.advance(5000);
    assert.equal(counter.journal.reader_id, undefined);
    assert.equal(counter.journal.results.length, 1);
  });

  it('ends a payment before its authorisation, and lets an authorisation finish', async () => {
    const early = await open();
    await early.pay();
    early.take();
    await early.say({ type: 'unpaired', reader_id: 'rdr_1' });
    assert.deepEqual(early.take().map(({ type }) => type), ['terminated']);

    const late = await open();
    await late.pay();
    await late.act({ do: 'present' });
    late.take();
    await late.say({ type: 'unpaired', reader_id: 'rdr_1' });
    await late.clock.advance(2000);
    assert.deepEqual(late.take().map(({ type, outcome }) => [type, outcome]), [['result', 'approved']]);
  });

  it('ignores the end of another pairing', async () => {
    const counter = await open();
    await counter.say({ type: 'unpaired', reader_id: 'rdr_2' });
    assert.equal(counter.reader.isPaired, true);
  });

  it('by hand waits for the last result', async () => {
    const counter = await open();
    const order = await counter.pay();
    assert.match(await counter.reader.forgetPairing(), /in hand/);
    await counter.act({ do: 'present' });
    await counter.clock.advance(2000);
    assert.match(await counter.reader.forgetPairing(), /not acknowledged/);
    await counter.tell('ack', order.checkout_id);
    assert.equal(await counter.reader.forgetPairing(), null);
    assert.equal(counter.journal.reader_id, undefined);
    assert.ok(counter.socket.closedBy);
  });
});
