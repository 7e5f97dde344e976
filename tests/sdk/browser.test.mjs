// Tills that are web pages, in a real browser: a page of an origin that was named takes payments, and no other page does.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { chromium } from 'playwright-core';
import { startFleet, until } from './fleet.mjs';

const sdk = new URL('node_modules/@sumup/sdk/dist/index.js', import.meta.url);
const total_amount = { currency: 'EUR', minor_unit: 2, value: 900 };

// It reaches nothing but this machine, and runs as root.
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

describe('A till in a browser', () => {
  let pages, browser, fleet, till, stranger;

  before(async () => {
    pages = await Promise.all([servePages(), servePages()]);
    fleet = await startFleet(`--Fleet:Cors:Origins:0=${pages[0].origin}`);
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
    [till, stranger] = await Promise.all(pages.map(async ({ origin }) => {
      const page = await browser.newPage();
      await page.goto(origin);
      return page;
    }));
  });

  after(async () => {
    await browser?.close();
    await fleet?.stop();
    pages?.forEach(({ server }) => server.close());
  });

  it('takes a payment, and sees it paid', async () => {
    const path = `/v0.1/merchants/${fleet.merchant}/readers/${fleet.paired[0].id}/checkout`;
    const body = JSON.stringify({ total_amount });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'browser-1', accept: 'application/problem+json' };
    const { status, text } = await ask(till, path, { method: 'POST', body, headers });
    assert.equal(status, 201, text);
    const { checkout_id } = JSON.parse(text).data;
    await until('it is paid', async () => JSON.parse((await ask(till, `${path}/${checkout_id}`)).text).data.status === 'successful');
    assert.equal((await ask(till, `/v2.1/merchants/${fleet.merchant}/transactions?id=${checkout_id}`)).status, 200);
  });

  it('does the same with SumUp\'s SDK', async () => {
    const [, { id }] = fleet.paired;
    const paid = await till.evaluate(async ({ host, apiKey, merchant, id, total_amount }) => {
      const { SumUp } = await import('/sdk.js');
      const { readers, transactions } = new SumUp({ apiKey, host });
      const { data } = await readers.createCheckout(merchant, id, { total_amount });
      for (;;) {
        const { data: checkout } = await readers.getCheckout(merchant, id, data.checkout_id);
        if (checkout.status !== 'pending')
          return [checkout.status, (await transactions.get(merchant, { id: data.checkout_id })).amount];
        await new Promise(resolve => { setTimeout(resolve, 200); });
      }
    }, { host: fleet.address, apiKey: fleet.key, merchant: fleet.merchant, id, total_amount });

    assert.deepEqual(paid, ['successful', 9]);
  });

  it('follows a checkout as it happens', async () => {
    const [, , { id }] = fleet.paired;
    const created = await ask(till, `/v0.1/merchants/${fleet.merchant}/readers/${id}/checkout`, {
      method: 'POST', body: JSON.stringify({ total_amount }), headers: { 'content-type': 'application/json' },
    });
    const events = await ask(till, `/fleet/v1/checkouts/${JSON.parse(created.text).data.checkout_id}/events`);

    assert.match(events.text, /event: succeeded/);
  });

  it('changes and deletes readers', async () => {
    const path = `/v0.1/merchants/${fleet.merchant}/readers/${fleet.paired[3].id}`;
    const renamed = await ask(till, path, {
      method: 'PATCH', body: JSON.stringify({ name: 'Kiosk' }), headers: { 'content-type': 'application/json' },
    });

    assert.deepEqual([renamed.status, JSON.parse(renamed.text).name], [200, 'Kiosk']);
    assert.equal((await ask(till, path, { method: 'DELETE' })).status, 200);
  });

  it('reads why it was refused, and what it is warned of', async () => {
    const readers = `/v0.1/merchants/${fleet.merchant}/readers`;
    const wrongKey = await ask(till, readers, { headers: { authorization: 'Bearer wrong' } });
    const unknown = await ask(till, `${readers}/rdr_00000000000000000000000000`);
    const invalid = await ask(till, `${readers}/${fleet.paired[0].id}/checkout`, {
      method: 'POST', body: '{}', headers: { 'content-type': 'application/json' },
    });
    const warned = await ask(till, `${readers}/${fleet.paired[0].id}/checkout`, {
      method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ total_amount, return_url: 'https://till.example:8443/hook' }),
    });

    assert.deepEqual([wrongKey.status, unknown.status, invalid.status, warned.status], [401, 404, 422, 201]);
    assert.match(JSON.parse(invalid.text).detail, /total_amount is required/);
    assert.match(warned.warning, /port 8443/);
  });

  it('is stopped by the browser when its origin was not named', async () => {
    const path = `/v0.1/merchants/${fleet.merchant}/readers`;
    const checkout = `${path}/${fleet.paired[1].id}/checkout`;
    const order = { method: 'POST', body: JSON.stringify({ total_amount }), headers: { 'content-type': 'application/json' } };

    assert.match((await ask(stranger, path)).failed, /Failed to fetch/);
    assert.match((await ask(stranger, checkout, order)).failed, /Failed to fetch/);
    assert.equal((await ask(till, checkout, order)).status, 201); // the reader was still free
  });

  it('may call nothing but the tills\' APIs', async () => {
    for (const path of ['/openapi/v1.json', '/docs']) assert.match((await ask(till, path)).failed, /Failed to fetch/);
  });

  /** What a page gets when it asks Fleet. */
  const ask = (page, path, { headers, ...init } = {}) => page.evaluate(async ({ url, init }) => {
    try {
      const answer = await fetch(url, init);
      return { status: answer.status, warning: answer.headers.get('fleet-warning'), text: await answer.text() };
    } catch (error) {
      return { failed: String(error) };
    }
  }, { url: fleet.address + path, init: { headers: { authorization: `Bearer ${fleet.key}`, ...headers }, ...init } });
});

/** A web server with an empty page and SumUp's SDK, at an origin of its own. */
async function servePages() {
  const script = await readFile(sdk);
  const server = createServer(({ url }, response) => {
    const [type, body] = url === '/sdk.js' ? ['text/javascript', script] : ['text/html', '<!doctype html><title>Till</title>'];
    response.writeHead(200, { 'content-type': type }).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}
