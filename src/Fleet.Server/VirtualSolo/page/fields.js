// Controls of the panels, each with its label.

import { button, h } from './dom.js';

/** A choice of a list, with its label. `options` are `[value, text]`. */
export function choice(testid, label, options, onchange) {
  const select = h('select', { 'data-testid': testid, onchange: () => onchange(select.value) },
    options.map(([value, text]) => h('option', { value }, text)));
  return { select, element: h('label', { class: 'field' }, h('span', {}, label), select) };
}

/** A field to type in, with its label. */
export function field(testid, label, attributes) {
  const input = h('input', { 'data-testid': testid, autocomplete: 'off', ...attributes });
  return { input, element: h('label', { class: 'field' }, h('span', {}, label), input) };
}

/** A switch with its label. */
export function check(testid, label, onchange = () => {}) {
  const input = h('input', { type: 'checkbox', 'data-testid': testid, onchange: () => onchange(input.checked) });
  return { input, element: h('label', { class: 'check' }, input, h('span', {}, label)) };
}

/** A button that copies a text, and says so. */
export function copyButton(testid, label, text) {
  const key = button(testid, label, async () => {
    try {
      await navigator.clipboard.writeText(text());
      key.textContent = 'Copied';
    } catch {
      key.textContent = 'The browser does not let the page copy';
    }
    setTimeout(() => { key.textContent = label; }, 1500);
  });
  return key;
}
