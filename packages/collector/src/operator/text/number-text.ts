/** Quantities and amounts as people read them: exact, every digit kept, thousands apart. */

/** A decimal string with its whole part grouped: `18,059,974`, `1,000.50`. Never through a float. */
export function quantityText(quantity: string): string {
  const [whole = "", fraction] = quantity.split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** `1,000.00 USD`; a dash when there is no amount yet. */
export function amountText(amount: string | null | undefined, currency: string): string {
  if (amount === null || amount === undefined) return "–";
  return `${quantityText(amount)} ${currency.toUpperCase()}`;
}

/** As {@link amountText} with its sign always written: corrections go up or down. */
export function signedAmountText(amount: string, currency: string): string {
  const text = amountText(amount, currency);
  return text.startsWith("-") ? text : `+${text}`;
}
