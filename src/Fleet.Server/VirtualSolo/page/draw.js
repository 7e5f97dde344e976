// Draws each screen of a Solo. `hand` is what fingers do on it.

import { pinTries } from '../device/words.js';
import { button, countdown, h, icon } from './dom.js';

/** The content of a screen, as chosen by `chooseScreen`. */
export const drawScreen = (screen, hand) => drawings[screen.id](screen, hand);

const title = text => h('h3', { class: 'screen-title' }, text);
const hint = (...text) => h('p', { class: 'screen-hint' }, ...text);
const note = text => text ? h('p', { class: 'screen-note', role: 'alert' }, text) : null;
const middle = (...children) => h('div', { class: 'middle' }, ...children);

/** A screen of the menu: where Back leads, its title and its content. */
const page = (text, back, ...children) => [
  h('div', { class: 'bar' }, button('back', icon('back'), back, { class: 'key', 'aria-label': 'Back' }), title(text)),
  h('div', { class: 'list' }, ...children),
];

const row = (testid, name, value, onclick) =>
  button(testid, [h('span', {}, name), value ? h('small', {}, value) : icon('next')], onclick, { class: 'row' });

const fact = (name, value, testid) =>
  h('div', { class: 'fact' }, h('dt', {}, name), h('dd', { 'data-testid': testid }, value));

const toggle = (testid, name, on, onclick) => button(
  testid, [h('span', {}, name), h('span', { class: 'switch' }, on ? 'on' : 'off')], onclick,
  { class: 'row', role: 'switch', 'aria-checked': String(on) });

const cancelBar = (hand, ...children) => h('div', { class: 'bar' },
  button('cancel', icon('close'), () => hand.press('cancel'), { class: 'key', 'aria-label': 'Cancel' }), ...children);

const amountOf = (screen, text = screen.total ?? screen.amount) => [
  h('p', { class: 'amount', 'data-testid': 'amount' }, text),
  screen.description && h('p', { class: 'description', 'data-testid': 'description' }, screen.description),
];

const untilText = (until, text) => until === null ? null : hint(`${text} `, countdown(until));

function keypad(hand, typed, length) {
  const dots = Array.from({ length }, (_, index) => h('span', { class: index < typed ? 'dot full' : 'dot' }));
  const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(digit => digitKey(hand, digit));
  return [
    h('p', { class: 'dots', role: 'img', 'aria-label': `${typed} of ${length} digits`, 'data-testid': 'typed' }, dots),
    h('div', { class: 'keypad' }, keys,
      button('key-erase', icon('erase'), hand.erase, { class: 'key', 'aria-label': 'Erase' }),
      digitKey(hand, '0'),
      button('key-ok', icon('ok'), hand.enter, { class: 'key ok', 'aria-label': 'OK' })),
  ];
}

const digitKey = (hand, digit) => button(`key-${digit}`, digit, () => hand.type(digit), { class: 'key' });

const drawings = {
  off: ({ onAt }) => [middle(onAt === null ? null : hint('Off. On again in ', countdown(onAt)))],

  boot: () => [middle(h('p', { class: 'logo starting' }, 'solo'), hint('Starting…'))],

  broken: ({ text }) => [middle(icon('warning'), title('The reader has stopped'),
    hint('Its journal cannot be read or written, so it takes no cards.'), hint(text))],

  updating: ({ firmware }) => [middle(h('span', { class: 'busy' }), title('Updating'), hint(`Firmware ${firmware}`))],

  login: (_, hand) => [middle(h('p', { class: 'logo' }, 'solo'), title('Welcome'),
    hint('Log in to use this reader.'), button('log-in', 'Log in', hand.logIn, { class: 'primary' }))],

  unpaired: (_, hand) => [handle(hand), middle(h('p', { class: 'logo' }, 'solo'),
    hint('Not connected to a till. Open the menu: Connections, API, Connect.'))],

  idle: ({ name, online, airplane }, hand) => [handle(hand), middle(h('p', { class: 'logo' }, 'solo'),
    h('p', { class: 'name', 'data-testid': 'reader-name' }, name),
    online ? hint(icon('ok'), ' Ready') : hint(icon('warning'), airplane ? ' Airplane mode' : ' No connection'))],

  drawer: ({ airplane }, hand) => [
    ...page('Menu', hand.closeMenu,
      row('connections', 'Connections', '', () => hand.open('connections')),
      row('settings', 'Settings', '', () => hand.open('settings')),
      toggle('airplane', 'Airplane mode', airplane, hand.toggleAirplane),
      row('power-off', 'Power off', '', hand.powerOff)),
    h('span', { class: 'grip' })],

  connections: ({ connection, airplane }, hand) => page('Connections', () => hand.open('drawer'),
    h('dl', {}, fact('Network', airplane ? 'Airplane mode' : connection)),
    row('api', 'API', '', () => hand.open('api'))),

  api: ({ name, readerId, note: text }, hand) => page('API', () => hand.open('connections'),
    ...readerId
      ? [h('dl', {}, fact('Connected as', name), fact('Reader', readerId, 'reader-id')), note(text),
        button('disconnect', 'Disconnect', hand.disconnect, { class: 'danger' })]
      : [hint('A till connects to this reader with a code.'), note(text),
        button('connect', 'Connect', hand.connect, { class: 'primary' })]),

  code: ({ code, until }, hand) => [
    h('div', { class: 'bar' }, button('back', icon('back'), hand.leaveCode, { class: 'key', 'aria-label': 'Back' }),
      title('API')),
    code
      ? middle(hint('Enter this code at the till.'), h('p', { class: 'code', 'data-testid': 'code' }, code),
        hint('A new one comes in ', countdown(until)))
      : middle(h('span', { class: 'busy' }), hint('Waiting for a code…'))],

  paired: ({ name }) => [middle(h('span', { class: 'seal ok' }, icon('ok')), title('Connected'),
    h('p', { class: 'name' }, name))],

  settings: ({ canLock, locked }, hand) => page('Settings', () => hand.open('drawer'),
    row('device-settings', 'Device settings', '', () => hand.open('device')),
    canLock ? row('menu-lock', 'Menu lock', locked ? 'on' : 'off', () => hand.open('lock')) : null),

  device: (_, hand) => page('Device settings', () => hand.open('settings'),
    row('about', 'About', '', () => hand.open('about'))),

  about: ({ serial, firmware, readerId }, hand) => page('About', () => hand.open('device'),
    h('dl', {}, fact('Serial number', serial, 'serial'), fact('Firmware', firmware, 'firmware'),
      readerId ? fact('Reader', readerId, 'reader-id') : null),
    button('log-out', 'Log out', hand.logOut, { class: 'danger' })),

  lock: ({ typed, locked, note: text }, hand) => locked
    ? page('Menu lock', () => hand.open('settings'), hint('The menu asks for 4 digits.'),
      button('lock-off', 'Switch off', hand.removeLock, { class: 'danger' }))
    : page('Menu lock', () => hand.open('settings'), hint('Choose 4 digits.'), note(text), ...keypad(hand, typed, 4)),

  unlock: ({ typed, note: text }, hand) => page('Menu is locked', hand.closeMenu,
    hint('Enter the 4 digits.'), note(text), ...keypad(hand, typed, 4)),

  asking: screen => [middle(amountOf(screen), h('span', { class: 'busy' }), hint('Please wait'))],

  tip: (screen, hand) => [cancelBar(hand, title('Add a tip?')), middle(amountOf(screen, screen.amount),
    h('div', { class: 'tips' }, screen.tips.map(choice => tipKey(choice, hand))),
    button('tip-none', 'No tip', () => hand.chooseTip(0), { class: 'plain' })),
  untilText(screen.until, 'No tip in')],

  card: (screen, hand) => [cancelBar(hand), middle(amountOf(screen),
    h('span', { class: screen.mustInsert ? 'reach down' : 'reach' }, icon(screen.mustInsert ? 'insert' : 'tap')),
    screen.mustInsert ? hint(icon('warning'), ' Insert the card') : hint('Tap, insert or swipe'),
    screen.cardType ? hint(`The till asks for a ${screen.cardType} card.`) : null),
  untilText(screen.until, 'Time left')],

  pin: (screen, hand) => [
    cancelBar(hand, h('p', { class: 'amount small', 'data-testid': 'amount' }, screen.total),
      button('back', icon('back'), () => hand.press('back'), { class: 'key', 'aria-label': 'Back to the card' })),
    screen.triesLeft < pinTries
      ? note(`Wrong PIN. ${screen.triesLeft} ${screen.triesLeft === 1 ? 'try' : 'tries'} left.`)
      : hint('Enter the PIN ', screen.until === null ? '' : countdown(screen.until)),
    ...keypad(hand, screen.typed, 4)],

  signature: (screen, hand) => [cancelBar(hand, title('Sign')), middle(amountOf(screen),
    h('div', { class: 'signature' }, icon('signature'), hint('The customer signs here')),
    button('sign', 'Done', () => hand.press('ok'), { class: 'primary' })),
  untilText(screen.until, 'Time left')],

  authorising: screen => [middle(amountOf(screen), h('span', { class: 'busy' }), hint('Processing…'))],

  end: ({ text, mood, amount, tip, card }) => [middle(
    h('span', { class: `seal ${mood}` }, icon(mood === 'ok' ? 'ok' : 'close')),
    h('h3', { class: 'screen-title', 'data-testid': 'end' }, text),
    h('p', { class: 'amount', 'data-testid': 'amount' }, amount),
    tip ? hint(`with a tip of ${tip}`) : null, card ? hint(card) : null)],
};

const tipKey = ({ rate, share, amount }, hand) => button(
  `tip-${rate}`, [h('strong', {}, share), h('small', {}, amount)], () => hand.chooseTip(rate), { class: 'key' });

/** The edge from which the drawer comes. */
const handle = hand => button('menu', [h('span', { class: 'grip' }), 'Menu'], hand.openMenu, { class: 'handle' });
