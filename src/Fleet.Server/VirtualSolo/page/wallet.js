// The customer's cards, as the page shows them.

/** The names of the cards. An empty id stands for a card of which the amount decides the outcome. */
export const wallet = [
  { id: '', name: 'Any card', note: 'the amount decides' },
  { id: 'visa', name: 'Visa', note: 'approved' },
  { id: 'visa_debit', name: 'Visa Debit', note: 'approved' },
  { id: 'mastercard', name: 'Mastercard', note: 'approved' },
  { id: 'mastercard_debit', name: 'Debit Mastercard', note: 'approved' },
  { id: 'amex', name: 'American Express', note: 'approved' },
  { id: 'maestro', name: 'Maestro', note: 'approved' },
  { id: 'asks_pin', name: 'Asks for a PIN', note: 'the PIN is 1234' },
  { id: 'asks_signature', name: 'Asks for a signature', note: 'then approved' },
  { id: 'over_limit', name: 'Over the tap limit', note: 'insert it, PIN 1234' },
  { id: 'declined', name: 'Declined', note: 'by the issuer' },
  { id: 'expired', name: 'Expired', note: 'declined' },
  { id: 'no_funds', name: 'No funds', note: 'declined' },
  { id: 'unknown', name: 'Unknown card', note: 'declined' },
];

export const rightPin = '1234';

/** Shares of a keyboard: the keys that present a card. */
export const methodKeys = { t: 'tap', i: 'insert', s: 'swipe' };

export const methodNames = { tap: 'Tap', insert: 'Insert', swipe: 'Swipe' };
