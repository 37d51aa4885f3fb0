import type { Day } from '../days/day.ts';
import type { Decimal } from './decimal.ts';
import type { LineDimensions } from './line.ts';

/** Lines of a carrier's invoice, as a map of columns reads them. */

/** Kinds of lines that no tariff explains. */
export const notRatedKinds = ['tax', 'credit', 'one-off', 'exchange'] as const;
export type NotRatedKind = (typeof notRatedKinds)[number];

/** A line of an invoice. */
export interface InvoiceLine {
  /** In the file, from 1; the header is the first. */
  readonly line: number;
  /** The ledger's key; undefined for what is of the whole account. */
  readonly sim: string | undefined;
  /** The name of a charge, fee or discount of the tariff; undefined if the map tells none apart. */
  readonly name: string | undefined;
  readonly dimensions: LineDimensions;
  /** In the unit of the charge, what allowances cover included; undefined if the invoice states none. */
  readonly quantity: Decimal | undefined;
  /** One of its last digit as it is written; zero if it is left out. */
  readonly quantityDigit?: Decimal | undefined;
  readonly amount: Decimal;
  /** Undefined if the tariff should explain it. */
  readonly notRated: NotRatedKind | undefined;
  readonly day: Day | undefined;
  /** ISO 4217, if it is not the tariffs': the amount is added to no other. */
  readonly foreignCurrency?: string | undefined;
}
