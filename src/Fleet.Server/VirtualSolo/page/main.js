// The page: which readers there are, and what concerns all of them.

import { clock } from './clock.js';
import { button, h, tickCountdowns } from './dom.js';
import { copyButton, field } from './fields.js';
import { Shelf } from './shelf.js';
import { Tile } from './tile.js';
import { pairReader, till } from './till.js';
import { maxPace, scenarios, subProtocol } from '../device/words.js';

const base = new URL('../', document.baseURI);
const linkUrl = Object.assign(new URL('link/v1', base), { protocol: base.protocol.replace('http', 'ws') }).href;
const mostReaders = 200, mostSpeaking = 6, countdownEvery = 250;

const parameters = new URLSearchParams(location.search);
const wanted = whole('readers', 1, mostReaders);
const behaviour = {
  scenario: scenarios.includes(parameters.get('scenario')) ? parameters.get('scenario') : 'manual',
  seed: whole('seed', -(2 ** 31), 2 ** 31 - 1) ?? 1,
  pace: readPace(parameters.get('pace')),
};

const list = document.querySelector('#readers');
const live = document.querySelector('#live');
const tiles = [];
let shelf;

start().catch(error => show(`The page cannot start. ${error.message}`));

async function start() {
  if (!navigator.locks) {
    show('Open this page over https, or over http on localhost: only there can a browser keep a reader to one tab.');
    return;
  }
  shelf = await Shelf.open(`fleet-virtual-solo ${base.pathname}`);
  const records = await shelf.readers();
  const count = wanted ?? Math.max(1, records.length);
  while (records.length < count) records.push(await makeRecord(records.length));
  for (const record of records.slice(0, count)) addTile(record);
  if (tiles.length === 1) tiles[0].panels.openTill();
  makeToolbar();
  setInterval(tickCountdowns, countdownEvery);
}

/** A new reader. Its serial number is kept for ever. */
async function makeRecord(index) {
  const random = crypto.getRandomValues(new Uint8Array(4));
  const id = Array.from(random, byte => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
  const record = {
    serial: `VIRTUAL-SOLO-WEB-${id}`, name: `Web reader ${index + 1}`, made: Date.now() + index,
    loggedIn: false, airplane: false,
  };
  await shelf.keepReader(record);
  return record;
}

function addTile(record) {
  const tile = new Tile({
    record,
    shelf,
    behaviour,
    place: `reader ${tiles.length + 1}`,
    connect: () => new WebSocket(linkUrl, subProtocol),
    say,
    remove: removeTile,
  });
  tiles.push(tile);
  list.append(tile.element);
  list.dataset.count = tiles.length > 2 ? 'many' : String(tiles.length);
  void runAlone(tile);
  return tile;
}

/** Runs a reader as long as no other tab does: two devices with one identity would take each other's payments. */
async function runAlone(tile) {
  const name = `${base.pathname} ${tile.serial}`;
  const held = new Promise(resolve => { tile.release = resolve; });
  const run = async lock => {
    if (!lock) return false;
    tile.setElsewhere(false);
    tile.powerOn();
    await held;
    return true;
  };
  if (await navigator.locks.request(name, { ifAvailable: true }, run)) return;
  tile.setElsewhere(true);
  await navigator.locks.request(name, async lock => {
    const record = await shelf.reader(tile.serial); // the other tab may have changed or removed it
    if (!record) return dropTile(tile);
    tile.takeRecord(record);
    return run(lock);
  });
}

/** Removes a reader with its journal, unless Fleet waits for something that only this reader knows. */
async function removeTile(tile) {
  const journal = await shelf.journal(tile.serial).load();
  if (tile.reader.power !== 'on' && journal?.reader_id) {
    tile.tell('Switch it on first: Fleet may wait for what it knows.');
    return;
  }
  if (tile.view?.order || journal?.results?.length) {
    tile.tell('A payment is in hand, or Fleet has not acknowledged the last result yet.');
    return;
  }
  tile.reader.powerOff();
  dropTile(tile);
  await shelf.remove(tile.serial);
  tile.release();
}

function dropTile(tile) {
  tile.element.remove();
  tiles.splice(tiles.indexOf(tile), 1);
}

/** Says a change to a screen reader. With many readers, only the one that has the focus speaks. */
function say(tile, text) {
  if (!text || (tiles.length > mostSpeaking && !tile.element.contains(document.activeElement))) return;
  live.textContent = tiles.length > 1 ? `${tile.view?.name ?? tile.serial}: ${text}` : text;
}

function makeToolbar() {
  const merchant = field('merchant', 'Merchant', {
    value: till.merchant, onchange: event => { till.merchant = event.target.value; },
  });
  const key = field('key', 'API key', { value: till.key, onchange: event => { till.key = event.target.value; } });
  const settings = h('details', { 'data-testid': 'merchant-settings' }, h('summary', {}, 'Merchant'),
    h('div', { class: 'panel' }, merchant.element, key.element));
  document.querySelector('#tools').append(
    button('add-reader', 'Add a reader', async () => addTile(await makeRecord(tiles.length))),
    button('pair-all', 'Pair all readers', () => Promise.all(tiles.map(pairTile))),
    copyButton('copy-link', 'Copy a link to this', linkToThis), settings);
}

/** The short way to a paired reader: logs it in, asks for a code, and enters the code at the till. */
async function pairTile(tile) {
  if (tile.reader.power !== 'on' || tile.reader.isPaired) return;
  tile.hand.logIn();
  tile.hand.connect();
  try {
    await pairReader(await codeOf(tile), tile.record.name);
  } catch (error) {
    tile.tell(error.message);
  }
}

function codeOf(tile) {
  const limit = clock.now() + 10_000;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (tile.view?.code) resolve(tile.view.code.text);
      else if (clock.now() > limit) reject(new Error('Fleet gave no code.'));
      else clock.after(50, look);
    };
    look();
  });
}

function linkToThis() {
  const link = new URL(location.href);
  const { seed, scenario, pace } = tiles[0]?.reader.world.behaviour ?? behaviour;
  link.search = new URLSearchParams({ seed, scenario, pace, readers: tiles.length });
  return link.href;
}

function readPace(text) {
  const pace = Number(text ?? NaN);
  return pace >= 0 && pace <= maxPace ? pace : 1;
}

function whole(name, from, to) {
  const number = Number(parameters.get(name) ?? NaN);
  return Number.isInteger(number) && number >= from && number <= to ? number : null;
}

function show(text) {
  list.replaceChildren(h('p', { class: 'message', role: 'alert' }, text));
}
