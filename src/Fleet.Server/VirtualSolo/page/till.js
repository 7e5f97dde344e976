// A small till: pairs readers and starts checkouts through Fleet's API, so that a payment can be tried on one page.

/** Where the API is, relative to the page, so that it works behind a proxy that adds to the path. */
const api = new URL('../', document.baseURI);

/** Whose readers these are. The key stays in this page: it is not kept. */
export const till = { merchant: 'MC0X0ABC', key: 'sup_sk_sandbox' };

const shownKey = 'YOUR_API_KEY';

/**
 * Asks the API. Returns the body of a good answer.
 * @throws {Error} with what Fleet says
 */
export async function askFleet(path, body) {
  const answer = await fetch(urlOf(path), {
    method: 'POST',
    headers: { authorization: `Bearer ${till.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body ?? {}),
  });
  const text = await answer.text();
  const told = text ? JSON.parse(text) : {};
  if (!answer.ok) throw new Error(told.detail ?? told.errors?.detail ?? `Fleet answered ${answer.status}.`);
  return told;
}

export const pairReader = (code, name) => askFleet('readers', { pairing_code: code, name });

export const startCheckout = (readerId, body) => askFleet(`readers/${readerId}/checkout`, body);

export const terminateCheckout = readerId => askFleet(`readers/${readerId}/terminate`);

/** The body of a checkout. */
export const checkoutBody = (value, { currency, decimals, description, tips }) => ({
  total_amount: { currency, minor_unit: decimals, value },
  ...description && { description },
  ...tips && { tip_rates: [0.05, 0.1, 0.15], tip_timeout: 60 },
});

/** The call of a till that starts this checkout, for a terminal. The key is left out. */
export const curlOf = (readerId, body) => [
  `curl '${urlOf(`readers/${readerId}/checkout`)}'`,
  `-H 'Authorization: Bearer ${shownKey}'`,
  "-H 'Content-Type: application/json'",
  `-d '${JSON.stringify(body).replaceAll("'", String.raw`'\''`)}'`,
].join(' \\\n  ');

const urlOf = path => new URL(`v0.1/merchants/${encodeURIComponent(till.merchant)}/${path}`, api).href;
