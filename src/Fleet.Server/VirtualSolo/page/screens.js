// Which screen a Solo shows. A screen is plain data: the same data is the same screen, and nothing is drawn anew.

import { formatMoney, formatShare } from './money.js';
import { tipOf } from '../device/customer.js';
import { pinTries } from '../device/words.js';

/** How long the end of a payment stays on the screen, in milliseconds. */
export const endLasts = 4500;

const endTexts = {
  approved: ['Approved', 'ok'],
  declined: ['Card declined', 'bad'],
  wrong_pin: ['PIN wrong three times', 'bad'],
  card_removed: ['Card removed too early', 'bad'],
  reader_lost: ['Payment not completed', 'bad'],
  customer_cancelled: ['Cancelled', 'off'],
  no_card_in_time: ['No card in time', 'off'],
  terminated: ['Cancelled at the till', 'off'],
  expired: ['Time is over', 'off'],
  refused: ['Cancelled at the till', 'off'],
  withdrawn: ['Cancelled at the till', 'off'],
  replaced: ['Cancelled at the till', 'off'],
};

/**
 * The screen of a reader.
 * @param {object} reader the device
 * @param {object} ui what the page remembers of it: `loggedIn`, `booting`, `menu`, `typed`, `end`, `welcomeName`
 */
export function chooseScreen(reader, ui) {
  const { power, view, broken, onAt } = reader;
  if (broken) return { id: 'broken', text: broken.message };
  if (power === 'off') return { id: 'off', onAt };
  if (view?.scene.screen === 'updating') return { id: 'updating', firmware: view.scene.firmware };
  if (view?.order) return payment(view, ui);
  if (ui.booting || !view) return { id: 'boot' };
  if (ui.end) return endOf(ui.end);
  if (!ui.loggedIn) return { id: 'login' };
  if (ui.welcomeName) return { id: 'paired', name: ui.welcomeName };
  return ui.menu ? menu(reader, ui) : home(view, ui);
}

function payment({ order, phase, paying, windowEnds }, ui) {
  const money = { amount: formatMoney(order.amount, order), description: order.description ?? '' };
  if (!paying) return { id: 'asking', ...money, until: windowEnds };
  if (phase === 'authorising') return { id: 'authorising', ...money, total: totalOf(order, paying) };
  const common = { id: paying.screen, ...money, total: totalOf(order, paying), until: paying.endsAt };
  switch (paying.screen) {
    case 'tip': return { ...common, tips: order.tip_rates.map(rate => tipChoice(order, rate)) };
    case 'card': return { ...common, cardType: order.card_type ?? '', mustInsert: paying.mustInsert };
    case 'pin': return { ...common, triesLeft: paying.triesLeft, typed: ui.typed.length };
    default: return common;
  }
}

const totalOf = (order, paying) => formatMoney(order.amount + (paying.tip ?? 0), order);

const tipChoice = (order, rate) =>
  ({ rate, share: formatShare(rate), amount: formatMoney(tipOf(order.amount, rate), order) });

function endOf({ outcome, reason, amount = 0, tip = 0, card, order }) {
  const [text, mood] = endTexts[outcome === 'failed' || outcome === 'cancelled' ? reason : outcome] ?? [outcome, 'off'];
  return {
    id: 'end', text, mood,
    amount: formatMoney(mood === 'ok' ? amount + tip : order.amount, order),
    tip: tip > 0 ? formatMoney(tip, order) : '',
    card: card ? `${card.scheme} •••• ${card.last4}` : '',
  };
}

function home({ readerId, name, welcomed, leaving }, ui) {
  if (!readerId) return { id: 'unpaired' };
  return { id: 'idle', name: name ?? '', online: welcomed, leaving, airplane: ui.airplane };
}

function menu({ view, serial, world }, ui) {
  const { firmware } = world.settings;
  switch (ui.menu) {
    case 'api':
      return view.readerId
        ? { id: 'api', name: view.name ?? '', readerId: view.readerId, note: ui.note }
        : { id: 'api', name: '', readerId: '', note: ui.note };
    case 'code': return { id: 'code', code: view.code?.text ?? '', until: view.code?.until ?? null };
    case 'about': return { id: 'about', serial, firmware, readerId: view.readerId ?? '' };
    case 'unlock': return { id: 'unlock', typed: ui.typed.length, note: ui.note };
    case 'lock': return { id: 'lock', typed: ui.typed.length, locked: isLocked(view), note: ui.note };
    case 'settings': return { id: 'settings', canLock: view.menuLock !== null, locked: isLocked(view) };
    case 'drawer': return { id: 'drawer', airplane: ui.airplane };
    case 'connections': return { id: 'connections', connection: world.settings.connection, airplane: ui.airplane };
    default: return { id: ui.menu };
  }
}

/** Whether the menu asks for the passcode. */
export const isLocked = view => view?.menuLock?.enabled ?? false;

/** What a screen reader says of a screen; empty for nothing. */
export function spoken(screen) {
  const total = screen.total ?? screen.amount;
  switch (screen.id) {
    case 'login': return 'Logged out.';
    case 'unpaired': return 'Ready. Not connected to a till.';
    case 'idle': return screen.online ? `Ready. ${screen.name}.` : 'No connection.';
    case 'code': return screen.code ? `Code ${screen.code.split('').join(' ')}.` : 'Waiting for a code.';
    case 'paired': return `Connected as ${screen.name}.`;
    case 'asking': return `${screen.amount}. Please wait.`;
    case 'tip': return `${screen.amount}. Choose a tip.`;
    case 'card': return screen.mustInsert ? 'Insert the card.' : `${total}. Present a card.`;
    case 'pin':
      return screen.triesLeft < pinTries ? `Wrong PIN. Tries left: ${screen.triesLeft}.` : `${total}. Enter the PIN.`;
    case 'signature': return `${total}. Sign.`;
    case 'authorising': return 'Processing.';
    case 'end': return `${screen.text}. ${screen.amount}.`;
    case 'updating': return 'The firmware is being updated.';
    case 'off': return 'Off.';
    case 'broken': return `The reader has stopped. ${screen.text}`;
    default: return '';
  }
}
