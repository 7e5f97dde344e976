// The checklist of docs/link-protocol.md: settings.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { Counter, settle } from './world.mjs';

const withLock = { settings: { battery: 80, temperature: 22, connection: 'Wi-Fi', firmware: '3.3.44.0' } };
const open = () => Counter.open(undefined, undefined, withLock);

/** Fleet sends settings; the frames that answer. */
async function configure(counter, menu_lock, epoch = counter.epoch) {
  const configure_id = randomUUID();
  counter.take();
  await counter.say({ type: 'configure', epoch, configure_id, menu_lock });
  await settle();
  return counter.take().map(({ type, configure_id: id, refused, menu_lock: told }) =>
    ({ type, ...id && { same: id === configure_id }, ...refused && { refused }, ...told && { menu_lock: told } }));
}

const applied = menu_lock => [{ type: 'configured', same: true }, { type: 'status', menu_lock }];

describe('Settings', () => {
  it('are applied, and told in the status', async () => {
    const counter = await open();
    const locked = { enabled: true, passcode: '4821' };
    assert.deepEqual(await configure(counter, locked), applied(locked));
    assert.deepEqual(await configure(counter, { enabled: false }), applied({ enabled: false, passcode: '4821' }));
    assert.deepEqual(await configure(counter, { enabled: true }), applied(locked));
    assert.deepEqual(counter.reader.view.menuLock, locked);
  });

  it('are answered after they are on disk, and survive a restart', async () => {
    const counter = await open();
    const release = counter.disk.hold();
    assert.deepEqual(await configure(counter, { enabled: true, passcode: '4821' }), []);
    release();
    await settle();
    assert.deepEqual(counter.take().map(({ type }) => type), ['configured', 'status']);
    counter.reader.powerOff();
    await counter.reader.powerOn();
    await counter.clock.advance(0);
    await counter.accept();
    assert.equal(counter.socket.frames[0].settings, true);
    await counter.say({ type: 'welcome', epoch: ++counter.epoch, name: 'Till 1' });
    const status = counter.take('status');
    assert.deepEqual(status.map(({ menu_lock }) => menu_lock), [{ enabled: true, passcode: '4821' }]);
  });

  it('that are not possible are refused, and change nothing', async () => {
    const counter = await open();
    assert.deepEqual(await configure(counter, { enabled: true }),
      [{ type: 'configured', same: true, refused: 'A menu cannot be locked without a passcode.' }]);
    assert.deepEqual(await configure(counter, { passcode: '12' }),
      [{ type: 'configured', same: true, refused: 'A passcode has four digits.' }]);
    assert.deepEqual(counter.reader.view.menuLock, { enabled: false });
  });

  it('of another epoch are ignored', async () => {
    const counter = await open();
    assert.deepEqual(await configure(counter, { enabled: true, passcode: '4821' }, 1), []);
  });

  it('do not exist with an older firmware', async () => {
    const counter = await Counter.open();
    await counter.break();
    await counter.clock.advance(20_000);
    await counter.accept();
    assert.equal(counter.socket.frames[0].settings, undefined);
    assert.equal(counter.reader.view.menuLock, null);
  });

  it('that a person changes are told, and go with the pairing', async () => {
    const counter = await open();
    counter.take();
    assert.equal(await counter.reader.setMenuLock({ enabled: true, passcode: '1111' }), null);
    assert.deepEqual(counter.take('status').map(({ menu_lock }) => menu_lock), [{ enabled: true, passcode: '1111' }]);
    assert.equal(await counter.reader.forgetPairing(), null);
    assert.deepEqual(counter.reader.view.menuLock, { enabled: false });
    assert.equal(counter.journal.menu_lock, undefined);
  });
});
