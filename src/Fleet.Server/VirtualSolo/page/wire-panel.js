// The frames of one reader, the newest first. Credentials and passcodes are not shown.

import { button, h } from './dom.js';

const hidden = '(hidden)', secrets = ['credential', 'passcode'], mostLines = 200;

export function makeWire(tile) {
  const list = h('ol', {
    class: 'frames', 'data-testid': 'frames', tabindex: '0', 'aria-label': 'Frames, the newest first',
  });
  let isOpen = false;

  return {
    element: h('div', { class: 'panel' }, h('div', { class: 'keys' }, button('clear-frames', 'Clear', () => {
      tile.frames.length = 0;
      list.replaceChildren();
    })), list),

    /** The panel was opened, or the reader has changed. */
    update() {
      if (isOpen && list.childElementCount) return;
      isOpen = true;
      list.replaceChildren(...tile.frames.map(lineOf));
    },

    noteFrame() {
      list.prepend(lineOf(tile.frames[0]));
      if (list.childElementCount > mostLines) list.lastElementChild.remove();
    },
  };
}

function lineOf({ at, direction, frame }) {
  const { type, ...members } = frame;
  const out = direction === 'out';
  return h('li', { class: direction },
    h('time', {}, at.toISOString().slice(11, 23)),
    h('span', { class: 'arrow' }, out ? '↑ sent' : '↓ received'),
    h('strong', {}, type),
    h('code', {}, JSON.stringify(members, (name, value) => secrets.includes(name) ? hidden : value)));
}
