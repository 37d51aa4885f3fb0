import { parseObject } from '../json/json.ts';
import { makeDecimal } from './decimal.ts';
import type { Tariff } from './tariff.ts';

/**
 * A checked tariff as it is stored, with every default filled in: a bill of last year stays the same when a later version has
 * another default.
 */

/** The form in which tariffs are stored. A change that older readers would get wrong has another number. */
const storedForm = 1;

/** Keys whose texts are decimals. */
const decimalKeys: ReadonlySet<string> = new Set([
  ...['price', 'upTo', 'step', 'minimum', 'quantity', 'amount', 'percent', 'commitment'],
]);

/** A tariff as text: the same text for the same tariff. */
export function printTariff(tariff: Tariff): string {
  return JSON.stringify({ form: storedForm, tariff: makePlain(tariff) });
}

/**
 * Reads a tariff that {@link printTariff} wrote.
 *
 * @throws StoredTariffError if it is not one, or was written by another version that has another form.
 */
export function parseStoredTariff(text: string): Tariff {
  const stored = parseObject(text);
  if (stored?.['form'] !== storedForm) {
    throw new StoredTariffError(
      `A stored tariff has the form ${JSON.stringify(stored?.['form'] ?? null)}; this version reads ${storedForm}. Put the tariff again`,
    );
  }
  const { tariff } = JSON.parse(text, (key, value: unknown) =>
    typeof value === 'string' && decimalKeys.has(key) ? makeDecimal(value) : value,
  ) as { readonly tariff: Tariff };
  return tariff;
}

/** A tariff that is stored in a form which this version does not read. */
export class StoredTariffError extends Error {
  override readonly name = 'StoredTariffError';
}

/** A value as JSON has it: objects with their keys in order, decimals as text, and nothing that is undefined. */
export function makePlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(makePlain);
  if (typeof value !== 'object' || value === null) return value;
  if ('toFixed' in value && typeof value.toFixed === 'function') return value.toFixed();
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, makePlain(member)]),
  );
}
