// Starts what a story needs: Fleet itself and virtual readers, each in a process of its own, and ends them again.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
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

/**
 * A Fleet with readers, on free ports and with new data; `more` is added to its command line. With FLEET_SDK_LINKED its
 * readers are those of SumUp's cloud, for which another Fleet stands in.
 */
export const startFleet = (...more) => process.env.FLEET_SDK_LINKED ? startLinked(...more) : startSandbox(...more);

/** A node with its sandbox. */
async function startSandbox(...more) {
  const node = await startNode(...more);
  try {
    await until('Fleet says that it is ready', () => {
      node.server.alive();
      return /Fleet is ready\.[^]*Ctrl-C/.test(node.server.text()); // the first line and the last
    });
    const told = shown(node.server.text());
    const waiting = await Promise.all([5, 6].map(number => codeOf(node, told.key, number)));
    return { address: node.address, grpc: node.grpc, stop: node.stop, ...told, waiting };
  } catch (e) {
    await node.stop();
    throw e;
  }
}

/** A node that passes the payments of its tills on to a sandbox, and readers that are paired through it. */
async function startLinked(...more) {
  const started = [];
  const stop = async () => {
    for (const one of started.reverse()) await one.stop();
  };
  try {
    const cloud = await startSandbox();
    started.push(cloud);
    const key = 'sup_sk_till';
    const node = await startNode(
      '--sandbox', 'false', '--Fleet:RequestsPerSecond=0',
      `--Fleet:Merchants:0:Code=${cloud.merchant}`,
      `--Fleet:Merchants:0:Keys:0:Sha256=${createHash('sha256').update(key).digest('hex')}`,
      `--Fleet:Merchants:0:SumUp:ApiKey=${cloud.key}`, '--Fleet:Merchants:0:SumUp:AffiliateAppId=com.example.fleet',
      `--Fleet:Merchants:0:SumUp:AffiliateKey=${cloud.affiliateKey}`,
      `--Fleet:Cloud:BaseUrl=${cloud.address}`, '--Fleet:Cloud:TestBase=true',
      '--Fleet:Cloud:RequestsPerSecond=100', '--Fleet:Cloud:Burst=200', ...more);
    started.push(node);
    const fleet = {
      address: node.address, grpc: node.grpc, link: cloud.address, key, stop,
      merchant: cloud.merchant, affiliateKey: cloud.affiliateKey, waiting: cloud.waiting,
    };
    await until('the linked Fleet answers', async () => node.server.alive() && await isReady(node));
    const lanes = await startUnpaired(fleet, 'LANE', 'solo', cloud.paired.length);
    started.push(lanes);
    return { ...fleet, paired: await Promise.all(lanes.codes.map((code, i) => pair(fleet, code, `Lane ${i + 1}`))) };
  } catch (e) {
    await stop();
    throw e;
  }
}

/** Pairs a reader, and waits until that is confirmed. */
async function pair(fleet, code, name) {
  const readers = `${fleet.address}/v0.1/merchants/${fleet.merchant}/readers`;
  const headers = { Authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' };
  const answer = await fetch(readers, { method: 'POST', headers, body: JSON.stringify({ pairing_code: code, name }) });
  assert.equal(answer.status, 201, await answer.clone().text());
  const { id } = await answer.json();
  return await until(`${name} is paired`, async () => {
    const reader = await (await fetch(`${readers}/${id}`, { headers })).json();
    return reader.status === 'paired' && { serial: reader.device.identifier, name, id };
  });
}

async function isReady(node) {
  try {
    return (await fetch(`${node.operations}/health/ready`)).ok;
  } catch {
    return false; // it does not listen yet
  }
}

/** A node on free ports and with new data; it may not answer yet. */
async function startNode(...more) {
  const data = await mkdtemp(join(tmpdir(), 'fleet-sdk-'));
  const [port, grpcPort, operationsPort, siloPort] = await freePorts(4);
  const [address, grpc] = [`http://127.0.0.1:${port}`, `127.0.0.1:${grpcPort}`];
  const operations = `http://127.0.0.1:${operationsPort}`;
  const server = start('Fleet.Server', [
    '--urls', address, '--grpc-url', `http://${grpc}`,
    '--operations-url', operations, '--silo-port', siloPort, '--data', data, ...more]);
  const stop = async () => {
    await server.stop();
    await rm(data, { recursive: true, force: true });
  };
  return { address, grpc, operations, server, stop };
}

/** A virtual reader outside of Fleet that pairs itself and then is called `name`; `more` is added to its command line. */
export function startReader(fleet, name, scenario, ...more) {
  return start('Fleet.Simulator', [
    'readers', ...(more.includes('--count') ? [] : ['--count', '1']), '--scenario', scenario, '--serial-prefix', `${name}-`,
    '--server', `${(fleet.link ?? fleet.address).replace('http:', 'ws:')}/link/v1`,
    '--pair', fleet.api ?? fleet.address, '--merchant', fleet.merchant, '--key', fleet.key, '--name', name, ...more,
  ]);
}

/** Virtual readers outside of Fleet that wait to be paired, and the code that each of them shows. */
export async function startUnpaired(fleet, name, scenario, count) {
  const codes = [];
  // The simulator would pair them itself: what it takes for the API learns the codes, and refuses them.
  const api = createServer(async (request, response) => {
    // It asks for earlier readers of its devices, too.
    if (request.method === 'POST') codes.push(JSON.parse(await text(request)).pairing_code);
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

/** The code that a reader of the sandbox shows now. */
async function codeOf(node, key, number) {
  const headers = { Authorization: `Bearer ${key}` };
  const answer = await fetch(`${node.address}/fleet/v1/test/sandbox/${number}`, { headers });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { serial, pairing_code: code } = await answer.json();
  return { serial, code };
}

/** What Fleet printed for its newcomers, and what is the same in each sandbox. */
function shown(text) {
  const [affiliateKey, webhookSecret] = ['sup_afk_sandbox', 'whsec_ZmxlZXQgc2FuZGJveCBpcyBubyBzZWNyZXQh'];
  const printed = text.match(/^ +Sandbox +merchant (\S+), key (\S+)$/m);
  assert.ok(printed, `Fleet printed no line "Sandbox":\n${text}`);
  const [, merchant, key] = printed;
  const paired = [...text.matchAll(/^ +(\S+) {3}(.+?) {3}(rdr_\w+)$/gm)];
  assert.equal(paired.length, 4, text);
  return {
    merchant,
    key,
    affiliateKey,
    webhookSecret,
    paired: paired.map(([, serial, name, id]) => ({ serial, name, id })),
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
