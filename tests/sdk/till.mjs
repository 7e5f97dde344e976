// A till for the tests of other programs: does one thing with SumUp's SDK, and prints what it learned as JSON.
//
//   node till.mjs pair CODE NAME
//   node till.mjs pay READER CENTS [TIP_RATE...]   waits for the end, and prints checkout and transaction

import { SumUp } from '@sumup/sdk';

const { FLEET: host, KEY: apiKey, MERCHANT: merchant } = process.env;
const { readers, transactions } = new SumUp({ apiKey, host: host.replace(/\/$/, '') });
const lookEvery = 100;

const verbs = {
  pair: (code, name) => readers.create(merchant, { pairing_code: code, name }),

  async pay(reader, cents, ...rates) {
    const { data: { checkout_id: id } } = await readers.createCheckout(merchant, reader, {
      total_amount: { currency: 'EUR', minor_unit: 2, value: Number(cents) },
      description: 'Table 4',
      ...rates.length && { tip_rates: rates.map(Number), tip_timeout: 60 },
    });
    for (;;) {
      const { data: checkout } = await readers.getCheckout(merchant, reader, id);
      if (checkout.status !== 'pending') return { checkout, transaction: await transactions.get(merchant, { id }) };
      await new Promise(resolve => { setTimeout(resolve, lookEvery); });
    }
  },
};

const [verb, ...words] = process.argv.slice(2);
console.log(JSON.stringify(await verbs[verb](...words)));
