import { parseObject } from '../json/json.ts';
import { makeDecimal } from './decimal.ts';
import type { Tariff } from './tariff.ts';

/**
 * A validated tariff as it is stored, with every default filled in: last year's bill stays the same if a later
 * version changes a default.
 */

/** The format in which tariffs are stored. A change that older readers would misread needs another number. */
const storedForm = 1;

/** Keys whose texts are decimals. */
const decimalKeys: ReadonlySet<string> = new Set([
  ...['price', 'upTo', 'step', 'minimum', 'quantity', 'amount', 'percent', 'commitment'],
]);

/** Serialises a tariff: equal tariffs give equal texts. */
export function printTariff(tariff: Tariff): string {
  return JSON.stringify({ form: storedForm, tariff: makePlain(tariff) });
}

/**
 * Parses a tariff that {@link printTariff} wrote.
 *
 * @throws StoredTariffError if it is not one, or has the format of another version.
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

/** Thrown for a stored tariff in a format that this version does not read. */
export class StoredTariffError extends Error {
  override readonly name = 'StoredTariffError';
}

/** A value as plain JSON: objects with sorted keys, decimals as text, and without undefined members. */
export function makePlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(makePlain);
  if (typeof value !== 'object' || value === null) return value;
  if ('toFixed' in value && typeof value.toFixed === 'function') return value.toFixed();
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, makePlain(member)]),
  );
}
