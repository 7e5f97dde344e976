// SumUp's SDKs for languages that are not installed here, by what they send: each tells its story with the very bytes of
// its requests, and every answer is held against what the SDK's own reader of answers breaks on.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { startFleet, startUnpaired, until } from './fleet.mjs';

const bothKinds = 'application/problem+json, application/json'; // what every SDK accepts
const amount = { currency: 'EUR', minor_unit: 2, value: 1500 };
const nothing = ''; // a body that is not there

/** The members of a checkout, in the order in which .NET writes those that are not set. */
const unset = {
  aade: null, affiliate: null, card_type: null, description: null, installments: null, return_url: null, tip_rates: null, tip_timeout: null,
};

// What each sends where they differ: headers beside the ones of all, the path, bodies, and lists in a query.
const sdks = [
  {
    name: '.NET 0.0.18', lang: 'dotnet', json: 'application/json; charset=utf-8',
    checkout: { ...unset, total_amount: amount }, terminate: nothing, rename: { metadata: null, name: 'Renamed' },
    refund: { amount: null }, since: time => time.replace(/\.(\d+)Z$/, (_, digits) => `.${digits.padEnd(7, '0')}+00:00`),
  },
  { name: 'Python 0.3.3', lang: 'python', checkout: { return_url: null, total_amount: amount }, terminate: nothing },
  {
    name: 'PHP 0.1.6', lang: 'php', path: path => `/${path}`, always: true, list: 'numbered', // its base URL ends in a slash
    pair: { metadata: [] }, checkout: { total_amount: amount }, terminate: [], rename: { metadata: [], name: 'Renamed' }, refund: [],
  },
  { name: 'Go 0.19.0', lang: 'go', checkout: { total_amount: amount }, terminate: nothing },
  { name: 'Rust 0.5.12', lang: 'rust', checkout: { total_amount: amount }, terminate: nothing },
  { name: 'Java', lang: 'java', checkout: { total_amount: amount }, terminate: {}, refund: {} },
];

describe('What SumUp\'s other SDKs send', () => {
  let fleet, readers;

  before(async () => {
    fleet = await startFleet();
    readers = await startUnpaired(fleet, 'wire', 'approve', sdks.length);
  });

  after(async () => {
    await readers?.stop();
    await fleet?.stop();
  });

  describe('is understood, and their readers of answers understand Fleet', { concurrency: true }, () => {
    sdks.forEach((sdk, i) => it(sdk.name, () => story(sdk, readers.codes[i])));
  });

  async function story(sdk, pairing_code) {
    const merchant = `/v0.1/merchants/${fleet.merchant}`;
    const call = (method, path, body) => send(fleet, sdk, method, path, body);
    const created = reader(await call('POST', `${merchant}/readers`, { pairing_code, name: sdk.name, ...sdk.pair }), 201);
    const path = `${merchant}/readers/${created.id}`;
    await until(`${sdk.name} sees its reader paired`, async () => reader(await call('GET', path), 200).status === 'paired');
    reader(await call('PATCH', path, sdk.rename ?? { name: 'Renamed' }), 200);
    assert.ok(json(await call('GET', `${merchant}/readers`), 200).items.some(({ id, name }) => id === created.id && name === 'Renamed'));
    status(await call('GET', `${path}/status`));

    const ended = json(await call('POST', `${path}/checkout`, sdk.checkout), 201).data;
    const busy = problem(await call('POST', `${path}/checkout`, sdk.checkout), 422);
    assert.match(busy.type, /reader-busy$/); // all that Go sees of it
    assert.deepEqual(json(await call('POST', `${path}/terminate`, sdk.terminate), 202), {});
    assert.equal(await outcome(ended), 'cancelled');

    const paid = json(await call('POST', `${path}/checkout`, sdk.checkout), 201).data;
    assert.equal(await outcome(paid), 'successful');
    const found = transaction(await call('GET',
      `/v2.1/merchants/${fleet.merchant}/transactions?client_transaction_id=${paid.client_transaction_id}`), 'SUCCESSFUL');
    const since = encodeURIComponent((sdk.since ?? (time => time))(found.timestamp));
    const listed = json(await call('GET', `/v2.1/merchants/${fleet.merchant}/transactions/history?`
      + `${list(sdk, 'statuses', ['SUCCESSFUL', 'REFUNDED'])}&changes_since=${since}&limit=5000`), 200);
    assert.ok(listed.items.some(({ transaction_id }) => transaction_id === found.id));
    assert.ok(!('links' in listed)); // one page, which is the last
    assert.deepEqual(json(await call('POST', `/v1.0/merchants/${fleet.merchant}/payments/${found.id}/refunds`, sdk.refund ?? nothing), 201), {});
    transaction(await call('GET', `/v2.1/merchants/${fleet.merchant}/transactions?id=${found.id}`), 'REFUNDED');
    problem(await call('POST', `/v1.0/merchants/${fleet.merchant}/payments/${found.id}/refunds`, sdk.refund ?? nothing), 409);

    const gone = await call('DELETE', path);
    assert.deepEqual([gone.status, gone.text], [200, '']); // not 204, on which Python, PHP, Go and Rust give up
    problem(await call('GET', path), 404);

    function outcome({ checkout_id }) {
      return until(`${sdk.name} sees the outcome`, async () => {
        const { status: now } = checkout(await call('GET', `${path}/checkout/${checkout_id}`));
        return now !== 'pending' && now;
      });
    }
  }
});

/** A request as the SDK writes it, over a connection that tidies nothing up. */
async function send(fleet, sdk, method, path, body) {
  const { hostname, port } = new URL(fleet.address);
  const sent = body === undefined || body === nothing ? '' : JSON.stringify(body);
  const type = sent || sdk.always ? ['Content-Type', sdk.json ?? 'application/json'] : []; // PHP's says it of GET, too
  const length = sent || method === 'POST' ? ['Content-Length', String(Buffer.byteLength(sent))] : [];
  const headers = [
    'Host', `${hostname}:${port}`, 'Accept', bothKinds, 'Authorization', `Bearer ${fleet.key}`, 'User-Agent', `sumup-${sdk.lang}/v0.0.0`,
    'X-Sumup-Api-Version', '1.0.0', 'X-Sumup-Lang', sdk.lang, 'X-Sumup-Package-Version', '0.0.0', 'X-Sumup-Os', 'linux',
    'X-Sumup-Arch', 'x86_64', 'X-Sumup-Runtime', sdk.lang, 'X-Sumup-Runtime-Version', '1.0', ...type, ...length,
  ];
  const answer = await new Promise((resolve, reject) => {
    request({ hostname, port, method, path: (sdk.path ?? (plain => plain))(path), headers, setHost: false }, resolve)
      .on('error', reject).end(sent);
  });
  return { status: answer.statusCode, type: answer.headers['content-type'], text: await text(answer) };
}

/** A list in a query: repeated with brackets, or numbered as PHP builds it. */
const list = (sdk, name, values) => values
  .map((value, i) => `${encodeURIComponent(sdk.list === 'numbered' ? `${name}[${i}]` : `${name}[]`)}=${value}`).join('&');

/** JSON whatever the answer: Go and Rust read nothing else, .NET and TypeScript give up without. */
function json({ status, type, text: body }, expected) {
  assert.equal(status, expected, body);
  assert.match(type, /^application\/(problem\+)?json(;|$)/);
  return JSON.parse(body);
}

/** Rust cannot read an error without `type`; PHP shows `message`. */
function problem(answer, expected) {
  const told = json(answer, expected);
  assert.match(answer.type, /^application\/problem\+json/);
  for (const member of ['type', 'title', 'detail', 'message', 'error_code']) assert.equal(typeof told[member], 'string', member);
  assert.equal(told.status, expected);
  return told;
}

/** Python refuses a reader that lacks one of these, .NET one with a status it does not know. */
function reader(answer, expected) {
  const told = json(answer, expected);
  has(told, 'id', 'name', 'status', 'device', 'created_at', 'updated_at');
  has(told.device, 'identifier', 'model');
  assert.ok(['unknown', 'processing', 'paired', 'expired'].includes(told.status), told.status);
  assert.equal(told.id.length, 30);
  return told;
}

/** .NET reads words of closed lists, and a temperature without decimals. */
function status(answer) {
  const { data } = json(answer, 200);
  assert.ok(['ONLINE', 'OFFLINE'].includes(data.status), data.status);
  const states = ['IDLE', 'SELECTING_TIP', 'WAITING_FOR_CARD', 'WAITING_FOR_PIN', 'WAITING_FOR_SIGNATURE', 'UPDATING_FIRMWARE'];
  assert.ok(data.state === undefined || states.includes(data.state), data.state);
  const ways = ['btle', 'edge', 'gprs', 'lte', 'umts', 'usb', 'Wi-Fi'];
  assert.ok(data.connection_type === undefined || ways.includes(data.connection_type), data.connection_type);
  assert.ok(data.battery_temperature === undefined || Number.isInteger(data.battery_temperature), data.battery_temperature);
  for (const [member, value] of Object.entries(data)) assert.notEqual(value, null, member);
}

/**
 * Rust, PHP and .NET break on a null or a missing member, .NET on an id that is no UUID. The reason is null while there is
 * none: readers of the older description allow that, and those of the newer one want the member.
 */
function checkout(answer) {
  const { data } = json(answer, 200);
  has(data, 'checkout_id', 'client_transaction_id', 'reader_serial_number', 'reader_firmware_version', 'payment_type', 'card_type',
    'installments', 'payment_status', 'valid_until', 'created_at', 'updated_at', 'status', 'total_amount');
  assert.equal(typeof data.payment_failure_reason === 'string', ['failed', 'cancelled'].includes(data.status));
  assert.notEqual(data.payment_failure_reason, undefined);
  assert.match(data.checkout_id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual([data.payment_type, data.total_amount], ['card', amount]);
  assert.ok(['credit', 'debit'].includes(data.card_type) && data.installments >= 1);
  assert.ok(['pending', 'successful', 'failed', 'cancelled'].includes(data.status), data.status);
  return data;
}

/** .NET reads amounts as numbers and words of closed lists; a link is a URI that .NET and Java parse. */
function transaction(answer, expected) {
  const told = json(answer, 200);
  has(told, 'id', 'transaction_code', 'client_transaction_id', 'merchant_code', 'amount', 'currency', 'timestamp', 'payment_type', 'links');
  assert.deepEqual([told.status, told.amount, told.currency, told.payment_type], [expected, 15, 'EUR', 'POS']);
  for (const { href } of told.links) assert.equal(new URL(href).protocol, 'http:');
  return told;
}

function has(object, ...members) {
  for (const member of members) assert.ok(object[member] !== undefined && object[member] !== null, `${member} is missing`);
}
