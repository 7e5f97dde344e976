// The device as a process that is killed without a warning, against a Fleet that this test plays.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeOrder } from './world.mjs';
import { readFrame, text, writeFrame } from './websocket.mjs';

const serial = 'VIRTUAL-SOLO-WEB-KILLED', guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** A Fleet with one reader. `follow` is called with each frame that comes. */
class PlayedFleet {
  #socket = null;
  #epoch = 0;
  follow = () => {};

  async open() {
    this.server = createServer().on('upgrade', (request, socket) => this.#accept(request, socket));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `ws://127.0.0.1:${this.server.address().port}/link/v1`;
  }

  close() {
    this.#socket?.destroy();
    this.server.close();
  }

  welcome(checkout) {
    this.say({ type: 'welcome', epoch: ++this.#epoch, name: 'Till 1', checkout });
  }

  say(frame) {
    this.#socket.write(writeFrame(text, Buffer.from(JSON.stringify({ epoch: this.#epoch, ...frame }))));
  }

  #accept({ headers }, socket) {
    const key = createHash('sha1').update(headers['sec-websocket-key'] + guid).digest('base64');
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
      + `Sec-WebSocket-Accept: ${key}\r\nSec-WebSocket-Protocol: fleet.link.v1\r\n\r\n`);
    this.#socket = socket;
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', data => {
      received = Buffer.concat([received, data]);
      for (let frame = readFrame(received); frame; frame = readFrame(received)) {
        received = received.subarray(frame.length);
        if (frame.kind === text) this.follow(JSON.parse(frame.body));
      }
    });
  }
}

describe('A device that is killed', () => {
  let fleet, folder;

  before(async () => {
    fleet = new PlayedFleet();
    await fleet.open();
    folder = await mkdtemp(join(tmpdir(), 'solo-'));
  });

  after(async () => {
    fleet.close();
    await rm(folder, { recursive: true });
  });

  const file = () => join(folder, `${serial}.json`);
  const readJournal = async () => JSON.parse(await readFile(file(), 'utf8'));

  /** Starts the device; it is ended by `kill`, and `said` has what it writes to standard error. */
  function start(...options) {
    const process = spawn(globalThis.process.execPath, [
      new URL('run.mjs', import.meta.url).pathname, '--server', fleet.url, '--serial', serial, '--journal', folder,
      '--scenario', 'approve', '--pace', '0', ...options,
    ], { stdio: ['ignore', 'ignore', 'pipe'] });
    process.said = '';
    process.stderr.on('data', data => { process.said += data; });
    return process;
  }

  async function kill(process) {
    process.kill('SIGKILL');
    await once(process, 'close');
  }

  /** Waits for a frame of the device. */
  const next = type => new Promise(resolve => {
    fleet.follow = frame => { if (frame.type === type) resolve(frame); };
  });

  it('after its grant comes back and says what is true, and never charges twice', async () => {
    await writeFile(file(), JSON.stringify({ reader_id: 'rdr_1', credential: 'secret' }));
    const ends = new Set();
    for (let round = 0; round < 6; round++) {
      const order = makeOrder();
      const process = start();
      await next('hello');
      fleet.welcome(order);
      await next('start');
      // The first is killed at once, the last when its result is out.
      fleet.say({ type: 'granted', checkout_id: order.checkout_id });
      if (round % 2) await next('result');
      await kill(process);

      const again = start();
      await next('hello');
      const told = next('result');
      fleet.welcome({ ...order, started: true, remaining_ms: 0 });
      const { outcome, reason, checkout_id } = await told;
      const charged = (await readJournal()).charges.filter(one => one.checkout_id === order.checkout_id).length;
      await kill(again);

      ends.add(outcome);
      assert.equal(checkout_id, order.checkout_id);
      assert.deepEqual([charged, reason], outcome === 'approved' ? [1, undefined] : [0, 'reader_lost']);
      await writeFile(file(), JSON.stringify({ ...await readJournal(), results: [] })); // acknowledged
    }
    assert.ok(ends.has('approved'));
  });

  it('in the middle of a write has the old journal', async () => {
    await writeFile(file(), JSON.stringify({ reader_id: 'rdr_1', credential: 'secret' }));
    await writeFile(`${file()}.tmp`, '{"reader_id":"rdr_');
    const process = start();
    assert.equal((await next('hello')).credential, 'secret');
    await kill(process);
  });

  it('stops with exit code 1 when its journal cannot be read', async () => {
    await writeFile(file(), 'no journal');
    const process = start();
    assert.deepEqual(await once(process, 'close'), [1, null]);
    assert.match(process.said, /JSON/);
  });

  it('wants to know what it is', async () => {
    const process = start('--scenario', 'odd');
    assert.deepEqual(await once(process, 'close'), [2, null]);
    assert.match(process.said, /--scenario/);
  });
});
