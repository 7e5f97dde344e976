// Runs the device of the Virtual Solo as a process, so that it can be tried, and killed:
//
//   node tests/solo/run.mjs --server ws://127.0.0.1:8080/link/v1 --serial VIRTUAL-SOLO-WEB-1 --journal FOLDER
//
// It writes a line of JSON for each frame, and ends with the signal that ends it. `--scenario`, `--seed` and `--pace`
// say how its customers behave. Exit code 1: the journal cannot be read or written.

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Reader } from '../../src/Fleet.Server/VirtualSolo/device/reader.js';
import { maxPace, scenarios, subProtocol } from '../../src/Fleet.Server/VirtualSolo/device/words.js';
import { WebSocketClient } from './websocket.mjs';

/** A journal in a file of its own. After a crash it is the old page or the new one. */
export class FileStore {
  #file;

  constructor(folder, serial) {
    this.#file = join(folder, `${encodeURIComponent(serial)}.json`);
  }

  async load() {
    try {
      return JSON.parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if (error.code === 'ENOENT') return null;
      throw error;
    }
  }

  async save(page) {
    const draft = `${this.#file}.tmp`;
    const file = await open(draft, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(page, null, 2));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.#file);
  }
}

const clock = {
  now: () => performance.now(),
  date: () => new Date().toISOString(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

async function main() {
  const { values } = parseArgs({
    options: {
      server: { type: 'string' }, serial: { type: 'string' }, journal: { type: 'string' },
      scenario: { type: 'string', default: 'solo' }, seed: { type: 'string', default: '1' },
      pace: { type: 'string', default: '1' },
    },
  });
  const { server, serial, journal, scenario } = values;
  const [seed, pace] = [Number(values.seed), Number(values.pace)];
  if (!server?.startsWith('ws://') || !serial || !journal || !scenarios.includes(scenario) || !Number.isInteger(seed)
    || !(pace >= 0 && pace <= maxPace)) {
    console.error('Give --server ws://…, --serial, --journal, and a known --scenario, --seed and --pace.');
    process.exitCode = 2;
    return;
  }
  await mkdir(journal, { recursive: true });
  const reader = new Reader({
    serial,
    store: new FileStore(journal, serial),
    clock,
    random: Math.random,
    connect: () => new WebSocketClient(server, subProtocol),
    behaviour: { scenario, seed, pace },
    tapped: (direction, frame) => console.log(JSON.stringify({ direction, ...frame, credential: undefined })),
    changed: ({ broken }) => {
      if (!broken) return;
      console.error(broken.message);
      process.exitCode = 1;
    },
  });
  await reader.powerOn();
}

await main();
