// The till's whole story once more, told to a Fleet whose readers are those of SumUp's cloud: another Fleet stands in for it.

import { randomUUID } from 'node:crypto';

process.env.FLEET_SDK_LINKED = '1';

// Real readers take money, and a live merchant's checkout must name its affiliate; the sandbox's need not, so the story does
// not. A repeat under the same key names the same sale.
const send = globalThis.fetch;
globalThis.fetch = (url, init) => {
  if (init?.method !== 'POST' || !`${url}`.endsWith('/checkout')) return send(url, init);
  const affiliate = {
    app_id: 'com.example.till', key: 'sup_afk_till',
    foreign_transaction_id: new Headers(init.headers).get('Idempotency-Key') ?? randomUUID(),
  };
  return send(url, { ...init, body: JSON.stringify({ affiliate, ...JSON.parse(init.body) }) });
};

await import('./story.test.mjs');
