// A virtual reader: its power, its connection, and what is around it. Each time it is switched on, a new device begins
// with the journal of the one before.

import { Device } from './device.js';
import { Journal } from './journal.js';
import { Link } from './link.js';
import { planCustomer } from './customer.js';
import { throwDice } from './dice.js';

export class Reader {
  #options;
  #device = null;
  #view = null;
  #cancelPower = null;

  /** The write of the last journal, which may still run when the power is gone. */
  #written = Promise.resolve();

  /** `off`, `starting` or `on`. */
  power = 'off';

  /** Why the device had to stop; null while it has not. */
  broken = null;

  /** When it is switched on by itself; null for never. */
  onAt = null;

  /**
   * @param {object} options
   * `serial`; `store` of the journal; `connect()` to open a socket; `clock` (`now()`, `after(ms, run)`, `date()`);
   * `random()`; `changed(reader)` after each change; `tapped(direction, frame)` for each frame;
   * `settings` (`firmware`, `battery`, `temperature`, `connection`) and `behaviour` (`scenario`, `seed`, `pace`) may be
   * left out, like `wantsCode` (whether it asks for a pairing code without being told), `model`, and `place`, which
   * decides with the seed what its customers do: the serial number, when it is absent.
   */
  constructor(options) {
    this.#options = options;
    this.world = this.#makeWorld(options);
    this.link = new Link({
      clock: options.clock,
      random: options.random,
      connect: options.connect,
      device: () => this.#device,
      tapped: (direction, frame) => options.tapped?.(direction, frame),
      changed: () => this.#announce(),
    });
  }

  get serial() { return this.#options.serial; }

  /** What the device shows; null while it is off. */
  get view() { return this.#view; }

  get isPaired() { return this.#device?.isPaired ?? false; }

  /** Switches the device on. */
  async powerOn() {
    if (this.power !== 'off') return;
    this.#cancelPower?.();
    this.#cancelPower = this.onAt = null;
    this.power = 'starting';
    this.#announce();
    try {
      await this.#written;
      const journal = await Journal.open({
        load: () => this.#options.store.load(),
        save: page => {
          const write = this.#options.store.save(page);
          this.#written = write.catch(() => {});
          return write;
        },
      });
      if (this.power === 'starting') this.#begin(journal);
    } catch (error) {
      this.#stop(error);
    }
  }

  /** Takes the power away: a payment in hand is lost. With `ms` it comes back after so long; null for never. */
  powerOff(ms = null) {
    this.power = 'off';
    this.#device?.end();
    this.link.stop();
    this.#device = this.#view = null;
    this.#cancelPower?.();
    this.#cancelPower = this.onAt = null;
    if (ms !== null) {
      this.onAt = this.#options.clock.now() + ms;
      this.#cancelPower = this.#options.clock.after(ms, () => void this.powerOn());
    }
    this.#announce();
  }

  /** Does what a hand on the page wants: `{ scene, refused }`. */
  act(wish) {
    return this.#device?.act(wish) ?? Promise.resolve({ refused: 'The device is off.' });
  }

  /** Whether the device may use its network. */
  setOnline(online) {
    this.world.online = online;
    this.#followNetwork();
  }

  /** Whether a device that is not paired asks Fleet for a pairing code. */
  setWantsCode(wants) {
    this.world.wantsCode = wants;
    this.#followNetwork();
  }

  /** A person locks the menu, or unlocks it. The promise has a sentence when that cannot be done; else null. */
  setMenuLock(change) {
    return this.#device?.setMenuLock(change) ?? Promise.resolve('The device is off.');
  }

  /** Forgets the pairing. The promise has a sentence when that cannot be done now; else null. */
  async forgetPairing() {
    const refused = await (this.#device?.forgetPairing() ?? Promise.resolve('The device is off.'));
    if (!refused) this.setWantsCode(false);
    return refused;
  }

  #begin(journal) {
    const device = new Device(this.serial, journal, this.#options.clock, this.world, {
      changed: view => {
        this.#view = view;
        this.#announce();
      },
      broken: error => this.#stop(error),
    });
    this.#device = device;
    this.#view = device.view;
    this.power = 'on';
    this.broken = null;
    this.#followNetwork();
  }

  #followNetwork() {
    if (this.power === 'on' && this.world.online && (this.isPaired || this.world.wantsCode)) this.link.start();
    else this.link.stop();
    this.#announce();
  }

  #stop(error) {
    this.broken = error;
    this.powerOff();
  }

  #announce() {
    this.#options.changed?.(this);
  }

  #makeWorld({ serial, place = serial, model = 'virtual-solo', settings, behaviour, wantsCode = true }) {
    let customers = 0;
    const atStart = { scenario: 'solo', seed: 1, pace: 1, ...behaviour };
    const dice = throwDice(atStart.seed, place);
    const world = {
      model,
      wantsCode,
      online: true,
      settings: {
        firmware: '3.3.44.0', battery: 35 + dice.below(66), temperature: 21 + dice.below(13), connection: 'Wi-Fi',
        ...settings,
      },
      behaviour: { ...atStart },
      script: [],
      /** `diesFor`: for how long the power goes after the next charge; null for no such fault. */
      faults: { swallow: 0, repeat: 0, diesFor: null },
      planCustomer: order => planCustomer(world.behaviour, order, `${place} ${++customers}`),
      changeBehaviour: ({ scenario, seed, pace }) => {
        const { behaviour: old } = world;
        customers = 0;
        world.behaviour = { scenario, seed: seed ?? old.seed, pace: pace ?? old.pace };
      },
      reset: () => {
        customers = 0;
        world.behaviour = { ...atStart };
        world.script = [];
        Object.assign(world.faults, { swallow: 0, repeat: 0, diesFor: null });
        this.link.setLag(0);
      },
      powerOff: ms => this.powerOff(ms),
      setLag: ms => this.link.setLag(ms),
      cutLink: ms => this.link.cut(ms),
      redial: () => this.link.cut(0),
    };
    return world;
  }
}
