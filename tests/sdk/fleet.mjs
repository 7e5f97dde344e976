// Starts what a story needs: Fleet itself and virtual readers, each in a process of its own, and ends them again.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const lookEvery = 50;
const built = fileURLToPath(new URL('../../artifacts/bin/', import.meta.url));
const ports = fileURLToPath(new URL('../ports.sh', import.meta.url));

/** Looks until `look` returns something truthy, and returns that; fails loudly after `seconds`. */
export async function until(what, look, seconds = 60) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < deadline, `${what}: not within ${seconds} s`);
    await pause(lookEvery);
  }
}

/** A node with its sandbox, on free ports and with new data; `more` is added to its command line. */
export async function startFleet(...more) {
  const data = await mkdtemp(join(tmpdir(), 'fleet-sdk-'));
  const [port, grpcPort, operationsPort, siloPort] = await freePorts(4);
  const [address, grpc] = [`http://127.0.0.1:${port}`, `127.0.0.1:${grpcPort}`];
  const server = start('Fleet.Server', [
    '--urls', address, '--grpc-url', `http://${grpc}`,
    '--operations-url', `http://127.0.0.1:${operationsPort}`, '--silo-port', siloPort, '--data', data, ...more]);
  const stop = async () => {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    await until('Fleet says that it is ready', () => {
      server.alive();
      return /Fleet is ready\.[^]*Ctrl-C/.test(server.text()); // the first line and the last
    });
    return { address, grpc, stop, ...shown(server.text()) };
  } catch (e) {
    await stop();
    throw e;
  }
}

/** A virtual reader outside of Fleet that pairs itself and then is called `name`; `more` is added to its command line. */
export function startReader(fleet, name, scenario, ...more) {
  return start('Fleet.Simulator', [
    'readers', ...(more.includes('--count') ? [] : ['--count', '1']), '--scenario', scenario, '--serial-prefix', `${name}-`,
    '--server', `${fleet.address.replace('http:', 'ws:')}/link/v1`,
    '--pair', fleet.api ?? fleet.address, '--merchant', fleet.merchant, '--key', fleet.key, '--name', name, ...more,
  ]);
}

/** Virtual readers outside of Fleet that wait to be paired, and the code that each of them shows. */
export async function startUnpaired(fleet, name, scenario, count) {
  const codes = [];
  // The simulator would pair them itself: what it takes for the API learns the codes, and refuses them.
  const api = createServer(async (request, response) => {
    codes.push(JSON.parse(await text(request)).pairing_code);
    response.writeHead(409, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  const address = `http://127.0.0.1:${api.address().port}`;
  const readers = startReader({ ...fleet, api: address }, name, scenario, '--count', String(count));
  try {
    await until(`${count} readers show a code`, () => readers.alive() && codes.length === count);
  } finally {
    api.close();
    api.closeAllConnections();
  }
  return { codes, stop: readers.stop };
}

/** What Fleet printed for its newcomers. */
function shown(text) {
  const labels = ['Merchant', 'Key', 'Affiliate key', 'Webhook secret'];
  const [merchant, key, affiliateKey, webhookSecret] = labels.map(label => {
    const found = text.match(new RegExp(`^ +${label} +(\\S+)$`, 'm'));
    assert.ok(found, `Fleet printed no line "${label}":\n${text}`);
    return found[1];
  });
  const paired = [...text.matchAll(/^ +(\S+) {3}(.+?) {3}(rdr_\w+)$/gm)];
  const waiting = [...text.matchAll(/^ +(\S+) {3}.*shows the code (\w+)$/gm)];
  assert.deepEqual([paired.length, waiting.length], [4, 2], text);
  return {
    merchant,
    key,
    affiliateKey,
    webhookSecret,
    paired: paired.map(([, serial, name, id]) => ({ serial, name, id })),
    waiting: waiting.map(([, serial, code]) => ({ serial, code })),
  };
}

const running = new Set();
process.on('exit', () => running.forEach(child => child.kill('SIGKILL')));

function start(project, args) {
  return startProgram(project, 'dotnet', [join(built, project, 'debug', `${project}.dll`), ...args]);
}

/** A program in a process of its own. */
export function startProgram(name, command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const exited = once(child, 'exit');
  let text = '';
  running.add(child);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', more => { text += more; });
  return {
    text: () => text,
    alive: () => {
      assert.equal(child.exitCode ?? child.signalCode, null, `${name} ended:\n${text}`);
      return true;
    },
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await exited;
      running.delete(child);
    },
  };
}

/** Ports of this machine that are free, and that no other test at the same time gets. */
export async function freePorts(count) {
  const work = await mkdtemp(join(tmpdir(), 'fleet-ports-'));
  const script = `source '${ports}'; for ((i = 0; i < ${count}; i++)); do free_port; done`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { ...process.env, work } });
  await rm(work, { recursive: true });
  return stdout.trim().split('\n').map(Number);
}
