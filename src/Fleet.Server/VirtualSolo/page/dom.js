// Makes elements. The page has no markup in strings, so nothing that Fleet sends can become markup.

const svg = 'http://www.w3.org/2000/svg';

/**
 * An element with its attributes, listeners (`onclick` and the like) and children.
 * @param {string} tag
 * @param {object} attributes those that are null or false are left out
 * @param {...(Node | string | null | false)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat().filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** A drawing of the page, by its name; it is decoration. */
export function icon(name) {
  const drawing = document.createElementNS(svg, 'svg');
  drawing.setAttribute('class', 'icon');
  drawing.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `#icon-${name}`);
  drawing.append(use);
  return drawing;
}

/** A button. `testid` names it for tests of a browser. */
export const button = (testid, content, onclick, attributes = {}) =>
  h('button', { type: 'button', 'data-testid': testid, onclick, ...attributes }, content);

/** The time that is left until a moment of the clock; it is renewed by `tickCountdowns`. */
export const countdown = until => h('span', { class: 'countdown', 'data-until': until }, leftText(until));

/** Renews all countdowns of the page. */
export function tickCountdowns() {
  for (const element of document.querySelectorAll('[data-until]')) {
    const text = leftText(Number(element.dataset.until));
    if (element.textContent !== text) element.textContent = text;
  }
}

function leftText(until) {
  const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
