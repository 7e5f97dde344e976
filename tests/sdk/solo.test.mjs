// The Virtual Solo as a person and a browser meet it: a payment with the keyboard alone, the journal over a reload, two
// tabs, many readers.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chromium } from 'playwright-core';
import { startFleet, until } from './fleet.mjs';

// It reaches nothing but this machine, and runs as root.
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

describe('The Virtual Solo', { skip: process.env.FLEET_SDK_LINKED && 'it is a device of the sandbox' }, () => {
  let fleet, browser;
  const complaints = [];

  before(async () => {
    fleet = await startFleet();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
  });

  after(async () => {
    await browser?.close();
    await fleet?.stop();
  });

  it('is paired and pays with the keyboard alone', async () => {
    const { page } = await open();
    await screen(page, 'login');
    for (const key of ['log-in', 'menu', 'connections', 'api', 'connect']) await press(page, key);
    await page.getByTestId('code').waitFor();
    await press(page, 'till-pair');
    await screen(page, 'idle');
    await press(page, 'till-start');
    await screen(page, 'card');
    assert.equal(await page.getByTestId('amount').textContent(), '12,50\u00a0€');
    assert.equal(await page.locator('#live').textContent(), '12,50\u00a0€. Present a card.');
    await page.getByTestId('card').selectOption('asks_pin');
    await press(page, 'present-insert');
    await screen(page, 'pin');
    await page.keyboard.type('1234');
    await page.keyboard.press('Enter');
    await screen(page, 'end');
    assert.equal(await page.getByTestId('end').textContent(), 'Approved');
  });

  it('says after a reload that no card was taken, and hides its credential', async () => {
    const { page } = await openPaired();
    await page.getByTestId('till-start').click();
    await screen(page, 'card');
    await page.reload();
    await screen(page, 'idle');
    await page.getByTestId('panel-wire').locator('summary').click();
    const frames = page.getByTestId('frames');
    await frames.getByText('reader_lost').waitFor();
    assert.match(await frames.textContent(), /"credential":"\(hidden\)"/);
  });

  it('keeps the charge when the power goes before the result is sent', async () => {
    const { page } = await openPaired();
    await page.getByTestId('panel-faults').locator('summary').click();
    await page.getByTestId('die').click();
    await page.getByTestId('till-start').click();
    await screen(page, 'card');
    await page.getByTestId('present-tap').click();
    await page.getByTestId('panel-wire').locator('summary').click();
    await page.getByTestId('frames').locator('li', { hasText: 'ack' }).first().waitFor();
    const types = await page.getByTestId('frames').locator('strong').allTextContents();
    assert.deepEqual(types.reverse().filter(type => ['granted', 'hello', 'result', 'ack'].includes(type)).slice(-4),
      ['granted', 'hello', 'result', 'ack']);
  });

  it('runs in one tab at a time', async () => {
    const { page, context } = await openPaired();
    const second = await context.newPage();
    await second.goto(`${fleet.address}/virtual-solo/`);
    await second.getByText('Another tab runs this reader').waitFor();
    await page.close();
    await screen(second, 'idle');
  });

  it('has twelve readers side by side, which are all paired with one key', async () => {
    const { page } = await open('?readers=12');
    await page.locator('[data-screen="login"]').nth(11).waitFor();
    await page.getByTestId('pair-all').click();
    await page.locator('[data-online="true"]').nth(11).waitFor();
  });

  it('fits a screen of 320 pixels, in the dark too', async () => {
    const { page } = await open('', { viewport: { width: 320, height: 700 }, colorScheme: 'dark' });
    await screen(page, 'login');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  });

  it('has nothing to complain about, such as a policy that is broken', () => assert.deepEqual(complaints, []));

  async function open(query = '', options = {}) {
    const context = await browser.newContext({ locale: 'de-DE', ...options });
    const page = await context.newPage();
    page.on('console', message => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('pageerror', error => complaints.push(String(error)));
    await page.goto(`${fleet.address}/virtual-solo/${query}`);
    return { page, context };
  }

  async function openPaired() {
    const opened = await open();
    await screen(opened.page, 'login');
    await opened.page.getByTestId('pair-all').click();
    await screen(opened.page, 'idle');
    return opened;
  }

  const screen = (page, name) => page.locator(`[data-screen="${name}"]`).waitFor();

  /** Presses a key of the page as a person does who has no mouse. */
  async function press(page, testid) {
    await page.getByTestId(testid).waitFor();
    await until(`the focus is on ${testid}`, async () => {
      if (await page.evaluate(() => document.activeElement?.dataset.testid) === testid) return true;
      await page.keyboard.press('Tab');
      return false;
    });
    await page.keyboard.press('Enter');
  }
});
