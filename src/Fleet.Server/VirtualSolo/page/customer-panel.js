// The customer of one reader: a wallet, and three ways to hold a card to the reader.

import { cards } from '../device/words.js';
import { button, h, icon } from './dom.js';
import { choice } from './fields.js';
import { methodKeys, methodNames, wallet } from './wallet.js';

export function makeCustomer(tile) {
  const { select, element: field } = choice(
    'card', 'Card', wallet.map(({ id, name, note }) => [id, `${name}: ${note}`]), () => drawCard());
  const scheme = h('strong', {});
  const digits = h('span', {});
  const card = h('div', { class: 'plastic', 'aria-hidden': 'true' }, h('span', { class: 'chip' }), digits, scheme);
  const present = method => tile.hand.present(select.value, method);
  const keys = Object.entries(methodKeys).map(([key, method]) => button(
    `present-${method}`, [icon(method), methodNames[method]], () => present(method),
    { class: 'present', 'aria-keyshortcuts': key }));
  const removeKey = button('remove-card', 'Pull the card out', tile.hand.removeCard, { hidden: true });
  const element = h('fieldset', { class: 'customer' }, h('legend', {}, 'Customer'),
    h('div', { class: 'wallet' }, card, field), h('div', { class: 'methods' }, keys), removeKey);
  drawCard();

  function drawCard() {
    const known = cards[select.value];
    scheme.textContent = known?.scheme ?? 'CARD';
    digits.textContent = `•••• ${known?.last4 ?? '••••'}`;
    card.dataset.scheme = known?.scheme ?? '';
  }

  return {
    element,
    present,
    update() {
      const screen = tile.view?.scene.screen;
      removeKey.hidden = screen !== 'pin' && screen !== 'signature';
      element.disabled = tile.reader.power !== 'on';
    },
  };
}
