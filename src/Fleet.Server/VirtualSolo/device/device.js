// A device from power on to power off: its pairing, the frames it receives, and its reactions.

import { codeLasts, lastWordsLimit } from './words.js';
import { changeLock, hasMenuLock, openMenu } from './menu-lock.js';
import { Reports } from './reports.js';
import { Slot } from './slot.js';
import { Turns } from './turns.js';
import { Wire } from './wire.js';
import { Wishes } from './wishes.js';
import { takeScene } from './scene.js';

export class Device {
  #serial;
  #journal;
  #clock;
  #world;
  #listener;
  #turns;
  #wire;
  #reports;
  #slot;
  #wishes;
  #name = null;

  /** The code on the screen: `{ text, until }`, by the device's own stopwatch. */
  #code = null;

  /** The code shown last: it proves that a pairing made meanwhile was for this device. */
  #shownCode;

  /** When the pairing is forgotten even if results are left; null while the device is paired. */
  #leaveAt = null;

  /** Set when the power is to go as soon as the journal is written. */
  #dies = false;

  #sceneText = '';
  #scene = null;
  #version = 0;
  #afterAnswers = [];

  /**
   * @param {string} serial
   * @param {object} journal an open one
   * @param {object} clock
   * @param {object} world what is around the device and outlives it
   * @param {{changed: (view: object) => void, broken: (error: Error) => void}} listener
   */
  constructor(serial, journal, clock, world, listener) {
    this.#serial = serial;
    this.#journal = journal;
    this.#clock = clock;
    this.#world = world;
    this.#listener = listener;
    this.#turns = new Turns(clock, journal, {
      advance: now => this.#advance(now),
      written: () => this.#surviveWrite(),
      shown: () => listener.changed(this.view),
      broken: error => listener.broken(error),
    });
    this.#wire = new Wire(this.#turns);
    this.#reports = new Reports(journal, this.#wire, clock, world.faults, () => {
      this.#dies = world.faults.diesFor !== null;
    });
    this.#slot = new Slot(this.#wire, this.#reports, order => world.planCustomer(order));
    this.#wishes = new Wishes(this.#slot, this.#reports, world, {
      battery: () => this.#tellStatus(),
      later: effect => this.#afterAnswers.push(effect),
    });
    this.#turns.take(() => {});
  }

  get isPaired() { return this.#journal.readerId !== undefined; }

  /** How the menu is locked; null for a firmware without that. */
  get #menuLock() {
    return hasMenuLock(this.#world.settings.firmware) ? this.#journal.menuLock ?? openMenu : null;
  }

  /** What the screen and the panels show, after the last turn. */
  get view() {
    return {
      scene: this.#scene,
      readerId: this.#journal.readerId ?? null,
      name: this.#name,
      code: this.#code,
      welcomed: this.#wire.welcomed,
      connected: this.#wire.connected,
      leaving: this.#leaveAt !== null,
      order: this.#slot.order,
      phase: this.#slot.phase,
      windowEnds: this.#slot.windowEnds,
      paying: this.#slot.paying && describePaying(this.#slot.paying),
      last: this.#slot.last,
      menuLock: this.#menuLock,
    };
  }

  /** A connection was opened: sends the hello. */
  attach(link) {
    this.#turns.take(() => {
      this.#wire.attach(link);
      this.#sayHello();
    });
  }

  /** The connection was closed. A payment goes on; a pairing code becomes invalid. */
  detach(link) {
    this.#turns.take(() => {
      if (!this.#wire.isFrom(link)) return;
      this.#wire.detach();
      this.#code = this.#leaveAt = null;
    });
  }

  /** Handles a frame of a connection. */
  takeFrame(link, frame) {
    this.#turns.take(now => {
      if (this.#wire.isFrom(link)) this.#obey(frame, now);
    });
  }

  /**
   * Does what a hand on the page wants. The promise has the scene, and a sentence when it was refused; it stays open
   * when the power goes first.
   */
  act(wish) {
    return new Promise(resolve => {
      const answer = (scene, refused) => this.#turns.then(() => resolve({ scene, refused }));
      this.#turns.take(now => this.#wishes.take(wish, now, this.#version, answer, true));
    });
  }

  /**
   * Forgets the pairing, as by Disconnect in the menu. The promise has a sentence when that cannot be done now; else
   * null.
   */
  forgetPairing() {
    return new Promise(resolve => this.#turns.take(() => {
      const refused = !this.#slot.isFree ? 'A payment is in hand.'
        : this.#reports.count ? 'Fleet has not acknowledged the last result yet.' : null;
      if (!refused) {
        this.#journal.dropPairing();
        this.#name = null;
        this.#sayHello();
      }
      this.#turns.then(() => resolve(refused));
    }));
  }

  /** A person locks the menu, or unlocks it. The promise has a sentence when that cannot be done; else null. */
  setMenuLock(change) {
    return new Promise(resolve => this.#turns.take(() => {
      const refused = this.#changeLock(change);
      this.#turns.then(() => resolve(refused));
    }));
  }

  /** Power off: after this nothing is shown, charged or written. */
  end() {
    this.#turns.end();
  }

  #obey(frame, now) {
    const { type, epoch, checkout_id: id } = frame;
    const isCurrent = this.#wire.isCurrent(epoch);
    const isWork = isCurrent && this.#leaveAt === null;
    switch (type) {
      case 'pairing_code': return this.isPaired ? undefined : this.#showCode(frame, now);
      case 'paired': return this.isPaired ? undefined : this.#confirmPairing(frame);
      case 'unpaired': return frame.reader_id === this.#journal.readerId ? this.#beginLeaving(now) : undefined;
      case 'welcome': return this.isPaired && this.#leaveAt === null ? this.#takeWelcome(frame, now) : undefined;
      case 'checkout': return isWork ? this.#slot.show(frame.checkout, now) : undefined;
      case 'granted': return isWork ? this.#slot.grantStart(id, now) : undefined;
      case 'configure': return isWork ? this.#takeSettings(frame) : undefined;
      case 'act': return isWork ? this.#takeAct(frame, now) : undefined;
      case 'terminate': return isCurrent ? this.#slot.terminate(id, now) : undefined;
      case 'ack': return isCurrent ? this.#journal.forgetResult(id) : undefined;
      case 'refused': return isCurrent ? this.#takeRefusal(frame, now) : undefined;
    }
  }

  #sayHello() {
    const { readerId, credential } = this.#journal;
    this.#wire.sayHello({
      serial: this.#serial,
      model: this.#world.model,
      firmware: this.#world.settings.firmware,
      ...this.isPaired ? { reader_id: readerId, credential } : { shown_code: this.#shownCode },
      helpers: true,
      ...this.#menuLock && { settings: true },
    });
  }

  #showCode({ code }, now) {
    this.#shownCode = code;
    this.#code = { text: code, until: now + codeLasts };
  }

  /** Confirms the pairing with a second hello; the credential is saved to disk before that. */
  #confirmPairing({ reader_id, credential, name }) {
    this.#journal.keepPairing(reader_id, credential);
    this.#name = name;
    this.#code = null;
    this.#shownCode = undefined;
    this.#sayHello();
  }

  #takeWelcome({ epoch, name, checkout }, now) {
    this.#name = name;
    this.#wire.takeWelcome(epoch);
    this.#reports.tellAll(now);
    this.#tellStatus();
    this.#wire.tellState();
    this.#slot.matchOrder(checkout ?? null, now);
  }

  #takeRefusal({ of, checkout_id }, now) {
    if (of === 'start') this.#slot.refuseStart(checkout_id, now);
    else this.#journal.setResultAside(checkout_id);
  }

  #takeAct({ epoch, act_id, wish }, now) {
    this.#wishes.take(wish, now, this.#version, (scene, refused) => {
      if (this.#wire.isCurrent(epoch)) this.#wire.send({ type: 'acted', act_id, scene, refused });
    }, false);
  }

  #takeSettings({ configure_id, menu_lock }) {
    const refused = this.#changeLock(menu_lock, () => this.#wire.send({ type: 'configured', configure_id }));
    if (refused) this.#wire.send({ type: 'configured', configure_id, refused });
  }

  /** Changes the menu lock and tells it, after it is on disk; a sentence when that cannot be done, else null. */
  #changeLock(change, answer = () => {}) {
    const { next, refused } = this.#menuLock ? changeLock(this.#menuLock, change)
      : { refused: 'This firmware has no menu lock.' };
    if (refused) return refused;
    this.#journal.keepMenuLock(next);
    answer();
    this.#tellStatus();
    return null;
  }

  #tellStatus() {
    const { battery, temperature, connection } = this.#world.settings;
    if (!this.#wire.welcomed) return;
    this.#wire.send({
      type: 'status', battery_level: battery, battery_temperature: temperature, connection_type: connection,
      ...this.#menuLock && { menu_lock: this.#menuLock },
    });
  }

  #beginLeaving(now) {
    if (this.#leaveAt !== null) return;
    this.#leaveAt = now + lastWordsLimit;
    this.#wire.beginLastWords();
    this.#reports.tellAll(now);
    this.#slot.endBeforeUnpair(now);
  }

  #leaveReader() {
    this.#leaveAt = this.#name = null;
    this.#journal.dropPairing();
    this.#world.wantsCode = true;
    this.#sayHello();
  }

  /** Ends each turn: does what is due, and returns when something is due next. */
  #advance(now) {
    this.#wishes.meetPayment(now);
    this.#slot.advance(now);
    if (this.#reports.due <= now) this.#reports.tellAll(now);
    // An authorisation cannot be aborted, and its result still belongs to this pairing.
    if (this.#leaveAt !== null && this.#slot.isAuthorising) this.#leaveAt = now + lastWordsLimit;
    else if (this.#leaveAt !== null && (this.#leaveAt <= now || !this.#reports.count)) this.#leaveReader();
    this.#wishes.advance();
    this.#renewScene();
    this.#wishes.answer(this.#scene, now);
    for (const effect of this.#afterAnswers.splice(0)) this.#turns.then(effect);
    return Math.min(this.#slot.due, this.#reports.due, this.#leaveAt ?? Infinity, this.#wishes.due);
  }

  #renewScene() {
    const scene = takeScene({ slot: this.#slot, reports: this.#reports, journal: this.#journal, world: this.#world });
    const text = JSON.stringify(scene);
    if (text === this.#sceneText) return;
    this.#sceneText = text;
    this.#scene = { version: ++this.#version, ...scene };
  }

  /** The journal is on disk. Whether the device still has power. */
  #surviveWrite() {
    if (!this.#dies) return true;
    const offFor = this.#world.faults.diesFor;
    this.#world.faults.diesFor = null;
    this.#world.powerOff(offFor);
    return false;
  }
}

const describePaying = ({ screen, tip, card, triesLeft, mustInsert, endsAt }) =>
  ({ screen, tip, card, triesLeft, mustInsert, endsAt });
