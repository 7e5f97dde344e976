// The receivers of docs/webhooks.md, as they stand there: each is told of a payment by a real server, and none is fooled.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { freePorts, startFleet, startProgram, until } from './fleet.mjs';

const document = new URL('../../docs/webhooks.md', import.meta.url);
const packages = fileURLToPath(new URL('node_modules', import.meta.url));
const upWithin = 180; // seconds: the first start of the one in C# builds it

// No build server may outlive the test.
const noServers = { MSBUILDDISABLENODEREUSE: '1', DOTNET_CLI_USE_MSBUILD_SERVER: '0', UseSharedCompilation: 'false' };

const languages = [
  { name: 'C#', fence: 'csharp', file: 'receiver.cs', command: ['dotnet', 'run', 'receiver.cs'] },
  { name: 'Node.js', fence: 'js', file: 'receiver.mjs', command: ['node', 'receiver.mjs'] },
  { name: 'Python', fence: 'python', file: 'receiver.py', command: ['python3', 'receiver.py'] },
];

describe('The receivers of docs/webhooks.md', { concurrency: true }, () => {
  let folder, fleet, receivers;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fleet-receivers-'));
    await symlink(packages, join(folder, 'node_modules'));
    const ports = await freePorts(languages.length);
    fleet = await startFleet(
      '--Fleet:Webhooks:AllowedNetworks:0=127.0.0.1/32',
      ...ports.map((port, i) => `--Fleet:Webhooks:AllowedPorts:${i}=${port}`));
    const text = await readFile(document, 'utf8');
    receivers = await Promise.all(languages.map((language, i) => startReceiver(language, codeOf(text, language), ports[i])));
    await Promise.all(receivers.map(({ program, port }, i) => until(`${languages[i].name} listens`, () => {
      program.alive();
      return listens(port);
    }, upWithin)));
  });

  after(async () => {
    await Promise.all(receivers?.map(({ program }) => program.stop()) ?? []);
    await fleet?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  languages.forEach(({ name }, i) => {
    it(`${name}: verifies what Fleet tells of a payment`, async () => {
      const { data } = await post(`/v0.1/merchants/${fleet.merchant}/readers/${fleet.paired[i].id}/checkout`, 201, {
        total_amount: { currency: 'EUR', minor_unit: 2, value: 1500 },
        return_url: receivers[i].url,
      });
      await hears(i, `verified ${data.checkout_id} successful`);
    });

    it(`${name}: verifies a test, and Fleet hears that it did`, async () => {
      const { id } = await post('/fleet/v1/webhooks/test', 202, { url: receivers[i].url });
      await hears(i, `verified ${id} test`);
      await until('Fleet has the answer', async () => (await get(`/fleet/v1/webhooks/${id}`)).state === 'delivered');
    });

    it(`${name}: refuses whatever is not signed as it stands`, async () => {
      const [body, now] = [JSON.stringify({ id: 'forged', payload: { status: 'successful' } }), new Date()];
      const send = async (sent, headers) =>
        (await fetch(receivers[i].url, { method: 'POST', body: sent, headers })).status;
      const signed = (secret, at = now) => ({
        'webhook-id': 'forged',
        'webhook-timestamp': `${Math.floor(at / 1000)}`,
        'webhook-signature': new Webhook(secret).sign('forged', at, body),
      });
      const good = signed(fleet.webhookSecret);
      const other = `whsec_${Buffer.alloc(32, 'x').toString('base64')}`;

      assert.equal(await send(body.replace('successful', 'failed'), good), 401);
      assert.equal(await send(body, {}), 401);
      assert.equal(await send(body, { ...good, 'webhook-signature': 'v1,' }), 401);
      assert.equal(await send(body, { ...good, 'webhook-id': 'other' }), 401);
      assert.equal(await send(body, { ...good, 'webhook-timestamp': `${Math.floor(now / 1000) - 1}` }), 401);
      assert.equal(await send(body, signed(other)), 401);
      assert.equal(await send(body, signed(fleet.webhookSecret, new Date(now - 301_000))), 401);
      assert.doesNotMatch(receivers[i].program.text(), /verified forged/);
      const both = `${signed(other)['webhook-signature']} ${good['webhook-signature']}`;
      assert.equal(await send(body, { ...good, 'webhook-signature': both }), 204);
    });
  });

  async function startReceiver({ name, file, command: [command, ...args] }, code, port) {
    await writeFile(join(folder, file), code);
    const env = { ...process.env, ...noServers, XDG_DATA_HOME: folder, WEBHOOK_SECRET: fleet.webhookSecret, PORT: `${port}` };
    return { program: startProgram(name, command, args, { cwd: folder, env }), port, url: `http://127.0.0.1:${port}/hook?till=7` };
  }

  const hears = (i, line) => until(`${languages[i].name} says "${line}"`, () =>
    receivers[i].program.alive() && receivers[i].program.text().includes(`${line}\n`));

  async function ask(method, path, status, body) {
    const headers = { authorization: `Bearer ${fleet.key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${fleet.address}${path}`, { method, headers, body });
    const text = await answer.text();
    assert.equal(answer.status, status, text);
    return JSON.parse(text);
  }

  const post = (path, status, body) => ask('POST', path, status, JSON.stringify(body));
  const get = path => ask('GET', path, 200);
});

/** The one block in a language that the document has. */
function codeOf(text, { name, fence }) {
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${fence}\\n([^]*?)^\`\`\`$`, 'gm'))];
  assert.equal(blocks.length, 1, `docs/webhooks.md has ${blocks.length} blocks in ${name}`);
  return blocks[0][1];
}

/** Whether a process accepts connections there. */
const listens = port => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => {
    socket.destroy();
    resolve(true);
  });
  socket.on('error', () => resolve(false));
});
