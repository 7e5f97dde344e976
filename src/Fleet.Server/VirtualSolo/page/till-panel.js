// A till for one reader: starts a checkout, ends it, and shows the call of it for a terminal.

import { button, h } from './dom.js';
import { check, copyButton, field } from './fields.js';
import { checkoutBody, curlOf, pairReader, startCheckout, terminateCheckout } from './till.js';

const decimals = 2, largest = 100_000;

export function makeTill(tile) {
  const amount = field('till-amount', 'Amount', {
    type: 'number', min: '0.01', max: largest, step: '0.01', value: '12.50',
  });
  const currency = field('till-currency', 'Currency', { value: 'EUR', maxlength: 3, size: 4 });
  const description = field('till-description', 'Description', { value: 'Table 4', maxlength: 100 });
  const tips = check('till-tips', 'Offer tips of 5, 10 and 15 %');
  const body = () => checkoutBody(Math.round(Number(amount.input.value) * 10 ** decimals), {
    currency: currency.input.value.trim().toUpperCase(), decimals, description: description.input.value,
    tips: tips.input.checked,
  });
  const readerId = () => tile.view?.readerId ?? null;

  const ask = async (call, told) => {
    try {
      await call();
      tile.tell(told);
    } catch (error) {
      tile.tell(error.message);
    }
  };
  const start = button('till-start', 'Start the checkout', () => ask(() => startCheckout(readerId(), body()), ''),
    { class: 'primary' });
  const end = button('till-terminate', 'Terminate', () => ask(() => terminateCheckout(readerId()), 'Asked to end it.'));
  const pair = button('till-pair', 'Enter the code',
    () => ask(() => pairReader(tile.view.code.text, tile.record.name), ''));
  const curl = copyButton('copy-curl', 'Copy as curl', () => curlOf(readerId() ?? 'READER', body()));
  return {
    element: h('div', { class: 'panel' },
      h('div', { class: 'pair-fields' }, amount.element, currency.element), description.element, tips.element,
      h('div', { class: 'keys' }, start, end, pair, curl)),
    update() {
      start.disabled = end.disabled = readerId() === null;
      pair.disabled = !tile.view?.code;
      pair.hidden = readerId() !== null;
    },
  };
}
