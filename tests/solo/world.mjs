// What a device meets in a test: a clock that the test moves, a disk, and a Fleet that the test plays.

import { randomUUID } from 'node:crypto';
import { Reader } from '../../src/Fleet.Server/VirtualSolo/device/reader.js';

/** A clock that only a test moves. */
export class FakeClock {
  #now = 1000;
  #timers = [];
  #count = 0;

  /** The time of day, which may jump; the device must use it for nothing but the date of a charge. */
  today = Date.UTC(2026, 10, 23, 9);

  now() { return this.#now; }
  date() { return new Date(this.today + this.#now).toISOString(); }

  after(ms, run) {
    const timer = { at: this.#now + Math.max(0, ms), order: this.#count++, run };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter(one => one !== timer); };
  }

  /** Moves on, and runs what is due on the way. */
  async advance(ms) {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const [next] = this.#timers.filter(one => one.at <= end).sort((a, b) => a.at - b.at || a.order - b.order);
      if (!next) break;
      this.#now = Math.max(this.#now, next.at);
      this.#timers = this.#timers.filter(one => one !== next);
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

/** A disk with one page. A test may hold a write, or let it fail. */
export class FakeDisk {
  page = null;
  writes = 0;
  fails = false;
  #held = null;

  async load() { return structuredClone(this.page); }

  async save(page) {
    const text = JSON.stringify(page);
    this.writes++;
    if (this.#held) await this.#held.promise;
    if (this.fails) throw new Error('The disk is full.');
    this.page = JSON.parse(text);
  }

  /** The next writes end only when the returned function is called. */
  hold() {
    let release;
    this.#held = { promise: new Promise(resolve => { release = resolve; }) };
    return () => {
      this.#held = null;
      release();
    };
  }
}

/** A WebSocket of which the test is the other end. */
class FakeSocket {
  bufferedAmount = 0;
  protocol = '';
  frames = [];
  closedBy = null;

  send(text) { this.frames.push(JSON.parse(text)); }

  close(code, reason) {
    this.closedBy ??= { code, reason };
    queueMicrotask(() => this.onclose?.({ code, reason }));
  }
}

/** A Fleet that does what the test says, and a reader that dials it. */
export class Counter {
  clock = new FakeClock();
  disk = new FakeDisk();
  sockets = [];
  epoch = 6;
  dice = 0.5;

  constructor(behaviour = { scenario: 'manual' }, options = {}) {
    this.reader = new Reader({
      serial: 'VIRTUAL-SOLO-WEB-TEST', store: this.disk, clock: this.clock, behaviour, random: () => this.dice,
      connect: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
      settings: { battery: 80, temperature: 22, connection: 'Wi-Fi', firmware: '3.3.40.3' },
      ...options,
    });
  }

  /** A device that is switched on and paired, and has seen its welcome. */
  static async open(behaviour, checkout, options) {
    const counter = new Counter(behaviour, options);
    counter.disk.page = { reader_id: 'rdr_1', credential: 'secret', results: [], refused: [], charges: [] };
    await counter.start(checkout);
    return counter;
  }

  get socket() { return this.sockets.at(-1); }
  get scene() { return this.reader.view.scene; }
  get journal() { return this.disk.page; }

  async start(checkout) {
    await this.reader.powerOn();
    await this.clock.advance(0);
    await this.accept();
    await this.welcome(checkout);
  }

  /** Lets the connection of the device open. */
  async accept(protocol = 'fleet.link.v1') {
    this.socket.protocol = protocol;
    this.socket.onopen();
    await settle();
  }

  async welcome(checkout) {
    await this.say({ type: 'welcome', epoch: ++this.epoch, name: 'Till 1', checkout });
    this.socket.frames.splice(0);
  }

  /** A welcome after which what the device answers can be looked at: the checkout was granted before. */
  resume(order) {
    const checkout = { ...order, started: true, remaining_ms: 0 };
    return this.say({ type: 'welcome', epoch: ++this.epoch, name: 'Till 1', checkout });
  }

  /** Fleet sends a frame. */
  async say(frame) {
    this.socket.onmessage({ data: JSON.stringify(frame) });
    await settle();
  }

  /** Fleet sends a frame of the present epoch about a checkout. */
  tell(type, checkoutId, members) {
    return this.say({ type, epoch: this.epoch, checkout_id: checkoutId, ...members });
  }

  /** The connection breaks, and the device dials again and is welcomed. */
  async reconnect(checkout) {
    await this.break();
    await this.clock.advance(20_000);
    await this.accept();
    const before = this.socket.frames.length;
    await this.say({ type: 'welcome', epoch: ++this.epoch, name: 'Till 1', checkout });
    return this.socket.frames.slice(before);
  }

  async break(code = 1006) {
    this.socket.onclose({ code, reason: '' });
    await settle();
  }

  /** Time goes by on a healthy connection, on which Fleet sends pings. */
  async wait(ms) {
    for (let left = ms; left > 0; left -= 10_000) {
      await this.clock.advance(Math.min(left, 10_000));
      await this.say({ type: 'ping' });
    }
  }

  /** A till started a checkout, and Fleet granted it. */
  async pay(order = makeOrder()) {
    await this.say({ type: 'checkout', epoch: this.epoch, checkout: order });
    await this.clock.advance(1200);
    await this.tell('granted', order.checkout_id);
    return order;
  }

  /** The frames since the last look, without those of the screen. */
  take(...types) {
    const frames = this.socket.frames.splice(0);
    return types.length ? frames.filter(frame => types.includes(frame.type)) : frames;
  }

  /** A test moves the device through Fleet; the answer, if there is one at once. */
  async act(wish) {
    const act_id = randomUUID();
    await this.say({ type: 'act', epoch: this.epoch, act_id, wish });
    return this.answerTo(act_id);
  }

  /** Like `act`, for an answer that comes later: a function that looks for it. */
  async actLater(wish) {
    const act_id = randomUUID();
    const { socket } = this;
    await this.say({ type: 'act', epoch: this.epoch, act_id, wish });
    return () => this.answerTo(act_id, socket);
  }

  answerTo(actId, socket = this.socket) {
    return socket.frames.find(frame => frame.type === 'acted' && frame.act_id === actId);
  }
}

/** A checkout as Fleet sends it. */
export const makeOrder = members => ({
  checkout_id: randomUUID(), amount: 1250, currency: 'EUR', minor_unit: 2, started: false, remaining_ms: 60_000,
  terminate: false, ...members,
});

/** Lets everything happen that waits for no time. */
export const settle = () => new Promise(resolve => setImmediate(resolve));
