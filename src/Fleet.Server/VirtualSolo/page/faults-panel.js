// What a test can do to one reader: its network, its power, its customers and its values. Every control is a wish.

import { connections, scenarios } from '../device/words.js';
import { button, h } from './dom.js';
import { check, choice, field } from './fields.js';

/** Versions from which SumUp's cloud offers something new, and one of today. */
const firmwares = ['3.3.24.3', '3.3.28.0', '3.3.38.0', '3.3.39.0', '3.3.40.3', '3.3.44.0'];

const lags = [[0, 'none'], [200, '0.2 s'], [1000, '1 s'], [3000, '3 s'], [10_000, '10 s']];
const times = [[0, 'a moment'], [5000, '5 s'], [30_000, '30 s'], [120_000, '2 min']];
const paces = [[0, 'no time'], [0.1, 'ten times as fast'], [1, 'as in life'], [5, 'slow']];

export function makeFaults(tile) {
  const { hand, reader } = tile;
  const { world } = reader;

  const wish = async what => {
    await hand.wish(what);
    tile.update();
  };
  const set = members => wish({ do: 'set', ...members });
  const link = members => wish({ do: 'link', ...members });

  const scenario = choice('scenario', 'Customers', scenarios.map(name => [name, name]),
    name => wish({ do: 'scenario', scenario: name }));
  const pace = choice('pace', 'Pace', paces,
    value => wish({ do: 'scenario', scenario: world.behaviour.scenario, pace: Number(value) }));
  const seed = field('seed', 'Seed', {
    type: 'number', step: 1,
    onchange: event => wish({ do: 'scenario', scenario: world.behaviour.scenario, seed: Number(event.target.value) }),
  });
  const lag = choice('lag', 'Each frame is late by', lags, ms => link({ lag_ms: Number(ms) }));
  const time = choice('fault-time', 'For', times, () => {});
  const battery = field('battery', 'Battery in percent', {
    type: 'number', min: 0, max: 100, step: 1, onchange: event => set({ battery: Number(event.target.value) }),
  });
  const connection = choice('connection', 'Connection', connections.map(name => [name, name]),
    name => set({ connection: name }));
  const firmware = choice('firmware-choice', 'Firmware', firmwares.map(name => [name, name]),
    name => set({ firmware: name }));
  const updating = check('updating', 'Updating its firmware', on => set({ updating: on }));
  const forTime = () => Number(time.select.value);
  const armed = h('p', { class: 'hint', role: 'status', 'data-testid': 'armed' });

  const element = h('div', { class: 'panel' },
    group('Customers', scenario.element, pace.element, seed.element),
    group('Network and power', lag.element, time.element, h('div', { class: 'keys' },
      button('cut', 'Cut the link', () => link({ cut_ms: forTime() })),
      button('off', 'Take the power', () => wish({ do: 'power', off_ms: forTime() })),
      button('die', 'Die after the next charge', () => link({ die_after_charge: true, off_ms: forTime() })))),
    group('Results', h('div', { class: 'keys' },
      button('swallow', 'Swallow the next', () => link({ swallow_results: 1 })),
      button('repeat', 'Send the next twice', () => link({ repeat_results: 1 }))), armed),
    group('Values', battery.element, connection.element, firmware.element, updating.element),
    button('reset', 'Reset customers and faults', () => wish({ do: 'reset' })));

  return {
    element,
    update() {
      const { settings, behaviour } = world;
      showValue(scenario.select, behaviour.scenario);
      showValue(pace.select, String(behaviour.pace));
      showValue(seed.input, String(behaviour.seed));
      showValue(lag.select, String(reader.link.lag));
      showValue(battery.input, String(settings.battery));
      showValue(connection.select, settings.connection);
      showValue(firmware.select, settings.firmware);
      updating.input.checked = tile.view?.scene.screen === 'updating';
      armed.textContent = describeFaults(world);
    },
  };
}

const group = (name, ...children) => h('fieldset', {}, h('legend', {}, name), ...children);

/** Shows a value that may come from a test, and adds it to the choices when it is not one of them. */
function showValue(control, value) {
  if (document.activeElement === control || control.value === value) return;
  if (control.tagName === 'SELECT' && ![...control.options].some(option => option.value === value))
    control.append(h('option', { value }, value));
  control.value = value;
}

function describeFaults({ faults, script }) {
  const parts = [];
  if (faults.swallow) parts.push(`${faults.swallow} of the next results will be swallowed`);
  if (faults.repeat) parts.push(`${faults.repeat} will be sent twice`);
  if (faults.diesFor !== null) parts.push('the power goes after the next charge');
  if (script.length) parts.push(`${script.length} steps of a script are left`);
  return parts.join('; ');
}
