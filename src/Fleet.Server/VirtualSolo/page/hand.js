// What fingers and keys do at a reader. Payments are moved by wishes, like those of a test.

import { isLocked } from './screens.js';
import { methodKeys, rightPin } from './wallet.js';

const dragDistance = 40, pinLength = 4;

/** The hands at one reader. @param {object} tile */
export function makeHand(tile) {
  const { ui, reader } = tile;

  const show = changes => {
    Object.assign(ui, { note: '', typed: '' }, changes);
    tile.update();
  };

  /** Does a wish, and says why it was refused. */
  const wish = async what => {
    const { refused } = await reader.act(what);
    tile.tell(refused ?? '');
    return refused;
  };

  const enterPin = digits => wish({ do: 'enter_pin', pin: digits === rightPin ? 'right' : 'wrong' });

  const followNetwork = () => {
    reader.setOnline(ui.loggedIn && !ui.airplane);
    tile.keep();
  };

  const hand = {
    wish,

    logIn() {
      show({ loggedIn: true });
      followNetwork();
    },

    logOut() {
      reader.setWantsCode(false);
      show({ loggedIn: false, menu: null });
      followNetwork();
    },

    toggleAirplane() {
      show({ airplane: !ui.airplane });
      followNetwork();
    },

    openMenu: () => show({ menu: isLocked(tile.view) ? 'unlock' : 'drawer' }),
    closeMenu: () => show({ menu: null }),
    open: name => show({ menu: name }),

    connect() {
      reader.setWantsCode(true);
      show({ menu: 'code' });
    },

    leaveCode() {
      reader.setWantsCode(false);
      show({ menu: 'api' });
    },

    async disconnect() {
      show({ menu: 'api', note: await reader.forgetPairing() ?? '' });
    },

    async removeLock() {
      show({ note: await reader.setMenuLock({ enabled: false }) ?? '' });
    },

    powerOff() {
      show({ menu: null });
      reader.powerOff();
    },

    pressPower() {
      if (reader.power === 'off') tile.powerOn();
      else hand.powerOff();
    },

    press: key => wish({ do: 'press', key }),
    chooseTip: rate => wish({ do: 'choose_tip', tip_rate: rate }),
    removeCard: () => wish({ do: 'remove_card' }),

    /** Holds a card to the reader; an empty one leaves the outcome to the amount. */
    async present(card, method) {
      if (tile.view && !tile.view.order) tile.tell('The card waits for a checkout, for 10 seconds.');
      await wish({ do: 'present', method, pin: 'none', ...card && { card } });
    },

    type(digit) {
      if (ui.typed.length < pinLength) ui.typed += digit;
      tile.update();
    },

    erase() {
      ui.typed = ui.typed.slice(0, -1);
      tile.update();
    },

    enter() {
      const { typed } = ui;
      if (typed.length < pinLength) return;
      ui.typed = '';
      if (tile.view?.scene.screen === 'pin') void enterPin(typed);
      else if (ui.menu === 'unlock') {
        show(typed === tile.view?.menuLock?.passcode ? { menu: 'drawer' } : { note: 'Wrong digits.' });
      } else if (ui.menu === 'lock') {
        void reader.setMenuLock({ enabled: true, passcode: typed }).then(refused => show({ note: refused ?? '' }));
      }
      tile.update();
    },

    typeKey(event) {
      const screen = tile.screen.dataset.screen;
      const isPad = ['pin', 'lock', 'unlock'].includes(screen);
      const isTyping = event.target.matches('input, select, summary');
      if (isTyping || event.altKey || event.ctrlKey || event.metaKey) return;
      if (pressKey(event.key, screen, isPad)) event.preventDefault();
    },

    /** A finger draws the drawer down from the top, and up again. */
    watchDrag(screen) {
      let from = null;
      screen.addEventListener('pointerdown', event => { from = event.clientY; });
      screen.addEventListener('pointerup', event => {
        const moved = from === null ? 0 : event.clientY - from;
        from = null;
        const shown = screen.dataset.screen;
        if (moved > dragDistance && ['idle', 'unpaired'].includes(shown)) hand.openMenu();
        else if (moved < -dragDistance && shown === 'drawer') hand.closeMenu();
      });
    },
  };

  const isPaying = () => ['tip', 'card', 'pin', 'signature'].includes(tile.screen.dataset.screen);

  function pressKey(key, screen, isPad) {
    if (isPad && /^[0-9]$/.test(key)) hand.type(key);
    else if (isPad && key === 'Backspace') hand.erase();
    // On a key of the keypad, Enter presses that key.
    else if (isPad && key === 'Enter' && ui.typed.length === pinLength) hand.enter();
    else if (key === 'Escape' && isPaying()) void hand.press('cancel');
    else if (key === 'Escape' && ui.menu) hand.closeMenu();
    else if (screen === 'card' && Object.hasOwn(methodKeys, key)) void tile.panels.present(methodKeys[key]);
    else return false;
    return true;
  }

  return hand;
}
