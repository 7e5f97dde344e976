// What stands beside a reader, and never on it: the customer's cards, a till, the faults of a test, and the wire.

import { h } from './dom.js';
import { makeCustomer } from './customer-panel.js';
import { makeFaults } from './faults-panel.js';
import { makeTill } from './till-panel.js';
import { makeWire } from './wire-panel.js';

/** All panels of a reader. Their content is made when they are opened for the first time. */
export function makePanels(tile) {
  const customer = makeCustomer(tile);
  const panels = [
    foldPanel('till', 'Till', () => makeTill(tile)),
    foldPanel('faults', 'Faults and settings', () => makeFaults(tile)),
    foldPanel('wire', 'Wire', () => makeWire(tile)),
  ];
  return {
    element: h('div', { class: 'panels' }, customer.element, ...panels.map(panel => panel.element)),
    present: customer.present,
    openTill: () => { panels[0].element.open = true; },
    update() {
      customer.update();
      for (const panel of panels) panel.opened?.update?.();
    },
    noteFrame: () => panels[2].opened?.noteFrame(),
  };
}

function foldPanel(testid, title, make) {
  const panel = { opened: null, content: null };
  panel.element = h('details', {
    'data-testid': `panel-${testid}`,
    ontoggle: () => {
      if (!panel.element.open) panel.opened = null;
      else if (panel.content) panel.opened = panel.content;
      else {
        panel.opened = panel.content = make();
        panel.element.append(panel.content.element);
      }
      panel.opened?.update?.();
    },
  }, h('summary', {}, title));
  return panel;
}
