// The lock of the device's menu, which came with firmware 3.3.44.0.

const firstFirmware = [3, 3, 44, 0];

/** The menu is not locked, and has no passcode. */
export const openMenu = { enabled: false };

/** Whether a firmware has a menu lock. */
export function hasMenuLock(firmware) {
  const parts = firmware.split('.').map(Number);
  const differs = firstFirmware.findIndex((part, index) => parts[index] !== part);
  return differs < 0 || parts[differs] > firstFirmware[differs];
}

/**
 * The lock after a change, which says only what is to be another; `refused` has a sentence when it is not possible.
 * @param {{enabled?: boolean, passcode?: string}} now
 * @param {{enabled?: boolean, passcode?: string}} change
 */
export function changeLock(now, change) {
  const next = { ...now, ...change };
  if (next.passcode === undefined)
    return next.enabled ? { refused: 'A menu cannot be locked without a passcode.' } : { next };
  return /^[0-9]{4}$/.test(next.passcode) ? { next } : { refused: 'A passcode has four digits.' };
}
