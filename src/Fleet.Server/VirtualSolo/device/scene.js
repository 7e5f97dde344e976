// What is on the device now, as the frame `acted` tells it.

/** The scene without its version. What is absent is left out. */
export function takeScene({ slot, reports, journal, world }) {
  const { order, paying, lastTold: last } = slot;
  const { battery, connection, firmware } = world.settings;
  return {
    screen: slot.screen,
    ...order && { checkout_id: order.checkout_id, amount: order.amount, currency: order.currency },
    ...paying && paying.tip !== null && { tip: paying.tip },
    ...last && { last_checkout_id: last.checkout_id, last_outcome: last.outcome },
    ...last?.reason && { last_reason: last.reason },
    waiting_results: reports.count,
    charges: journal.charges.length,
    scripted: world.script.length,
    scenario: world.behaviour.scenario,
    battery,
    connection,
    firmware,
  };
}
