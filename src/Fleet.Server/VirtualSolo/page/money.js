// Amounts as the customer reads them.

/** The language of the customer: `?lang=` of the page, or that of the browser. */
export const locale = pickLocale(new URLSearchParams(location.search).get('lang'));

/**
 * An amount in the form of the customer's language.
 * @param {number} minor minor units
 * @param {{currency: string, minor_unit: number}} order
 */
export function formatMoney(minor, { currency, minor_unit: decimals }) {
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, ...digits }).format(minor / 10 ** decimals);
  } catch {
    return `${(minor / 10 ** decimals).toFixed(decimals)} ${currency}`;
  }
}

/** A share, for example 0.125, as percent. */
export const formatShare = share =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(share);

function pickLocale(wanted) {
  try {
    return wanted ? Intl.getCanonicalLocales(wanted)[0] : navigator.language;
  } catch {
    return navigator.language;
  }
}
