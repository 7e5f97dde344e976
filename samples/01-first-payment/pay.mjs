// A till: charges 12.50 EUR on one reader with SumUp's own SDK, and waits until it knows the outcome.
//
//   node pay.mjs                   on the first reader
//   node pay.mjs "My own device"   on the reader with this name

import { SumUp } from '@sumup/sdk';

// what is refused, or cannot be reached, is told in a sentence
process.on('uncaughtException', problem => {
  console.error(problem.error?.detail ?? problem.cause?.message ?? problem.message);
  process.exitCode = 1;
});

const { FLEET = 'http://127.0.0.1:8080', KEY = 'sup_sk_sandbox', MERCHANT = 'MC0X0ABC', RETURN_URL } = process.env;
const name = process.argv[2];
const { readers } = new SumUp({ apiKey: KEY, host: FLEET });

const { items } = await readers.list(MERCHANT);
const reader = items.find(one => name === undefined || one.name === name);
if (!reader) throw new Error(`There is no reader ${name ?? 'yet: pair one first'}.`);

const { data: { checkout_id: id } } = await readers.createCheckout(MERCHANT, reader.id, {
  total_amount: { currency: 'EUR', minor_unit: 2, value: 1250 },
  description: 'Coffee beans',
  return_url: RETURN_URL,
});
console.log(`${reader.name} shows 12.50 EUR, checkout ${id}`);

let status = 'pending';
while (status === 'pending') {
  await new Promise(resolve => setTimeout(resolve, 500));
  ({ data: { status } } = await readers.getCheckout(MERCHANT, reader.id, id));
}
console.log(`12.50 EUR: ${status}`);
process.exitCode = status === 'successful' ? 0 : 1;
