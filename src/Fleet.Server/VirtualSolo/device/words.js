// The words and numbers of docs/link-protocol.md, and of the frame `act` with which a test moves the device.

export const subProtocol = 'fleet.link.v1';
export const maxFrameBytes = 16 * 1024;
export const protocolError = 4002, goingAway = 1012;

// Milliseconds.
export const dialLimit = 10_000;
export const silenceLimit = 35_000;
export const settledAfter = 5_000; // a connection that lasted so long shows that Fleet works
export const firstRedial = 250, longestRedial = 15_000, redialAfterGoingAway = 2_000;
export const askAgainAfter = 5_000;
export const repeatAfter = 10_000;
export const lastWordsLimit = 5_000; // for the answers to the last results of a pairing that is over
export const longestWindow = 3_600_000;
export const codeLasts = 300_000;
export const cardPatience = 45_000; // also of the screens for PIN and signature
export const slowAuthorisation = 20_000; // at any pace
export const tipTimeoutSeconds = 30; // when the order names none

export const resultsAtOnce = 64;
export const maxUnsentBytes = 1024 * 1024; // a connection that is so far behind is treated as broken
export const pinTries = 3;

// Limits of wishes. Times are in milliseconds.
export const longestWait = 60_000, longestOff = 600_000, longestCut = 600_000, longestLag = 60_000;
export const keepsPresentFor = 10_000; // how long a card that is presented too early waits for a checkout
export const maxSteps = 100, maxFaults = 100, maxPace = 100, maxText = 64, maxWaiting = 100;

export const scenarios = [
  'solo', 'approve', 'decline', 'wrong-pin', 'card-removed', 'customer-cancels', 'no-card-in-time', 'slow', 'tips',
  'pin', 'never-starts', 'mix', 'manual',
];
export const connections = ['btle', 'edge', 'gprs', 'lte', 'umts', 'usb', 'Wi-Fi'];
export const methods = ['tap', 'insert', 'swipe'];
export const entryModes = { tap: 'contactless', insert: 'chip', swipe: 'magstripe' };
export const magicAmounts = { declined: 1100, wrongPin: 4201, customerCancelled: 4276, noCardInTime: 4291 };

/** What the frame `state` says of each screen; while a card is charged, it stays as it was. */
export const stateOf = {
  idle: 'IDLE', asking: 'IDLE', tip: 'SELECTING_TIP', card: 'WAITING_FOR_CARD', pin: 'WAITING_FOR_PIN',
  signature: 'WAITING_FOR_SIGNATURE', updating: 'UPDATING_FIRMWARE',
};

/** The cards of a test. `asks` is what follows the card, `by` how it is presented when the wish does not say it. */
export const cards = {
  visa: { last4: '4242', scheme: 'VISA' },
  visa_debit: { last4: '5556', scheme: 'VISA' },
  mastercard: { last4: '4444', scheme: 'MASTERCARD' },
  mastercard_debit: { last4: '8210', scheme: 'MASTERCARD' },
  amex: { last4: '0005', scheme: 'AMEX' },
  maestro: { last4: '0604', scheme: 'MAESTRO' },
  asks_pin: { last4: '3155', scheme: 'VISA', asks: 'pin', by: 'insert' },
  asks_signature: { last4: '3063', scheme: 'VISA', asks: 'signature', by: 'insert' },
  over_limit: { last4: '3178', scheme: 'MASTERCARD', asks: 'pin', by: 'insert', mustInsert: true },
  declined: { last4: '0002', scheme: 'VISA', declined: true },
  expired: { last4: '0069', scheme: 'VISA', declined: true },
  no_funds: { last4: '9995', scheme: 'MASTERCARD', declined: true },
  unknown: { last4: '0119', scheme: 'MASTERCARD', declined: true },
};
