// One reader on the page: its device, its screen, and what stands beside it.

import { Reader } from '../device/reader.js';
import { clock } from './clock.js';
import { button, h, icon } from './dom.js';
import { drawScreen } from './draw.js';
import { makeHand } from './hand.js';
import { makePanels } from './panels.js';
import { chooseScreen, endLasts, isLocked, spoken } from './screens.js';

const bootLasts = 1200, pairedLasts = 2500, newestFrames = 200;

export class Tile {
  #options;
  #screenText = '';
  #settingsText = '';
  #willDraw = false;
  #cancelEnd = null;
  #lastEnd = null;
  #wasPaired = null;
  #wasLocked = false;

  /** Frames that passed, the newest first: `{ at, direction, frame }`. */
  frames = [];

  /** What the page remembers of the reader beside the device. */
  ui = { booting: false, menu: null, typed: '', note: '', end: null, welcomeName: '' };

  /**
   * @param {object} options `record` (how the reader is set up), `shelf`, `connect()`, `behaviour`, `place`,
   * `say(tile, text)` for a screen reader, `remove(tile)`
   */
  constructor(options) {
    this.#options = options;
    this.record = options.record;
    Object.assign(this.ui, { loggedIn: this.record.loggedIn, airplane: this.record.airplane });
    this.reader = new Reader({
      serial: this.record.serial,
      place: options.place,
      store: options.shelf.journal(this.record.serial),
      clock,
      connect: options.connect,
      random: Math.random,
      behaviour: options.behaviour,
      settings: this.record.settings,
      wantsCode: false,
      changed: () => this.update(),
      tapped: (direction, frame) => this.#noteFrame(direction, frame),
    });
    this.reader.setOnline(this.record.loggedIn && !this.record.airplane);
    this.hand = makeHand(this);
    this.#build();
    this.update();
  }

  get serial() { return this.record.serial; }
  get view() { return this.reader.view; }

  powerOn() {
    this.ui.booting = true;
    clock.after(bootLasts, () => {
      this.ui.booting = false;
      this.update();
    });
    void this.reader.powerOn();
  }

  /** Another tab runs this reader. */
  setElsewhere(elsewhere) {
    this.element.classList.toggle('elsewhere', elsewhere);
    this.elsewhere.hidden = !elsewhere;
    for (const part of [this.header, this.device, this.panels.element]) part.inert = elsewhere;
    this.update();
  }

  /** Takes how another tab has set it up meanwhile. */
  takeRecord(record) {
    Object.assign(this.record, record);
    Object.assign(this.reader.world.settings, record.settings);
    const { loggedIn, airplane } = record;
    Object.assign(this.ui, { loggedIn, airplane });
    this.reader.setOnline(loggedIn && !airplane);
  }

  /** Keeps how the reader is set up. */
  keep() {
    const { firmware, battery, temperature, connection } = this.reader.world.settings;
    const { loggedIn, airplane } = this.ui;
    Object.assign(this.record, { loggedIn, airplane, settings: { firmware, battery, temperature, connection } });
    void this.#options.shelf.keepReader(this.record);
  }

  /** Says why something was not done. */
  tell(text) {
    this.message.textContent = text ?? '';
  }

  /** Something may have changed: draws it with the next frame of the browser. */
  update() {
    if (!this.element) return;
    this.#follow();
    if (this.#willDraw) return;
    this.#willDraw = true;
    requestAnimationFrame(() => {
      this.#willDraw = false;
      this.#draw();
    });
  }

  /** What a change of the device means for the page. */
  #follow() {
    const { view } = this;
    this.#keepSettings();
    if (!view) return;
    if (view.order) Object.assign(this.ui, { menu: null, end: null, welcomeName: '' });
    if (view.last !== this.#lastEnd) this.#showEnd(view.last);
    this.#followPairing(view);
    this.#followLock(view);
  }

  /** Fleet has locked the menu while it was open: it asks for the passcode now. */
  #followLock(view) {
    const locked = isLocked(view);
    if (locked && !this.#wasLocked && this.ui.menu !== null && !['lock', 'code'].includes(this.ui.menu))
      this.ui.menu = 'unlock';
    this.#wasLocked = locked;
  }

  /** A test may have changed them. */
  #keepSettings() {
    const text = JSON.stringify(this.reader.world.settings);
    if (text === this.#settingsText) return;
    this.#settingsText = text;
    this.keep();
  }

  #showEnd(last) {
    this.#lastEnd = last;
    this.#cancelEnd?.();
    this.ui.end = this.view.order ? null : last;
    this.#cancelEnd = clock.after(endLasts, () => {
      this.ui.end = null;
      this.update();
    });
  }

  #followPairing({ readerId, name, welcomed }) {
    const isPaired = readerId !== null;
    if (this.#wasPaired === false && isPaired) {
      Object.assign(this.ui, { menu: null, welcomeName: name });
      clock.after(pairedLasts, () => {
        this.ui.welcomeName = '';
        this.update();
      });
    }
    // Fleet ended the pairing: the device shows a code, as the protocol wants it.
    if (this.#wasPaired && !isPaired && this.reader.world.wantsCode) this.ui.menu = 'code';
    this.#wasPaired = isPaired;
    this.element.dataset.paired = String(isPaired);
    this.element.dataset.online = String(welcomed);
  }

  #draw() {
    const screen = chooseScreen(this.reader, this.ui);
    const text = JSON.stringify(screen);
    if (text !== this.#screenText) {
      this.#screenText = text;
      if (screen.id !== this.screen.dataset.screen) {
        this.ui.typed = '';
        this.#options.say(this, spoken(screen));
      } else if (screen.id === 'pin' && screen.typed === 0) this.#options.say(this, spoken(screen));
      this.#replaceScreen(screen);
    }
    this.#drawFrame();
    this.panels.update();
  }

  /** Draws the screen, and keeps the focus where it was. */
  #replaceScreen(screen) {
    const focused = this.screen.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    this.screen.dataset.screen = screen.id;
    this.screen.replaceChildren(...drawScreen(screen, this.hand).flat().filter(Boolean));
    if (focused === null) return;
    const same = this.screen.querySelector(`[data-testid="${CSS.escape(focused)}"]`);
    (same ?? this.screen.querySelector('button:not([data-testid=cancel], [data-testid=back])') ?? this.screen).focus();
  }

  #drawFrame() {
    const { power, link } = this.reader;
    const isOn = power !== 'off';
    const name = this.view?.name;
    this.title.textContent = name ?? this.serial;
    this.subtitle.textContent = name ? this.serial : 'Virtual Solo';
    this.status.textContent = isOn ? this.#statusText() : '';
    this.powerKey.setAttribute('aria-pressed', String(isOn));
    this.hull.classList.toggle('off', !isOn);
    this.trouble.textContent = isOn && this.reader.isPaired && link.trouble && !this.ui.airplane && this.ui.loggedIn
      ? link.trouble : '';
  }

  #statusText() {
    const { battery, connection } = this.reader.world.settings;
    const network = this.ui.airplane ? 'Airplane mode' : connection;
    const isLost = this.reader.isPaired && !this.view?.welcomed && this.ui.loggedIn && !this.ui.airplane;
    return `${network}${isLost ? ', no connection' : ''} · ${Math.round(battery)} %`;
  }

  #noteFrame(direction, frame) {
    this.frames.unshift({ at: new Date(), direction, frame });
    if (this.frames.length > newestFrames) this.frames.pop();
    this.panels?.noteFrame();
  }

  #build() {
    this.title = h('h2', { 'data-testid': 'title' });
    this.subtitle = h('p', { class: 'serial' });
    this.status = h('span', { class: 'status', 'data-testid': 'status' });
    this.screen = h('div', {
      class: 'screen', role: 'group', tabindex: '-1', 'aria-label': 'Screen', 'data-testid': 'screen',
    });
    this.powerKey = button('power', icon('power'), this.hand.pressPower, { class: 'power', 'aria-label': 'Power' });
    this.hull = h('div', { class: 'hull' }, h('div', { class: 'statusbar' }, this.status, this.powerKey), this.screen,
      h('span', { class: 'card-slot' }));
    this.device = h('div', { class: 'device' }, this.hull);
    this.header = h('header', {}, h('div', {}, this.title, this.subtitle), this.#removeKey());
    this.message = h('p', { class: 'message', role: 'status', 'data-testid': 'message' });
    this.trouble = h('p', { class: 'message', 'data-testid': 'trouble' });
    this.elsewhere = h('p', { class: 'message', hidden: true },
      'Another tab runs this reader. Close it to use the reader here.');
    this.panels = makePanels(this);
    this.hand.watchDrag(this.screen);
    this.element = h('section', {
      class: 'reader', 'aria-label': this.serial, 'data-testid': 'reader', 'data-serial': this.serial,
      onkeydown: event => this.hand.typeKey(event),
    },
      this.header,
      h('div', { class: 'stage' }, this.device, this.elsewhere, this.trouble, this.message),
      this.panels.element);
  }

  /** Removes the reader when it is pressed twice. */
  #removeKey() {
    const key = button('remove', 'Remove', () => {
      if (key.dataset.sure) this.#options.remove(this);
      else {
        key.dataset.sure = 'yes';
        key.textContent = 'Remove for ever?';
      }
    }, { class: 'plain', onblur: () => {
      delete key.dataset.sure;
      key.textContent = 'Remove';
    } });
    return key;
  }
}
