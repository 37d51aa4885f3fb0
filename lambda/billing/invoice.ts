import type { Day } from '../days/day.ts';
import type { Decimal } from './decimal.ts';
import type { LineDimensions } from './line.ts';

/** Lines of a carrier's invoice, as read through a map of its columns. */

/** Kinds of lines that a tariff does not explain. */
export const notRatedKinds = ['tax', 'credit', 'one-off', 'exchange'] as const;
export type NotRatedKind = (typeof notRatedKinds)[number];

/** A line of an invoice. */
export interface InvoiceLine {
  /** Line number in the file, from 1; the header is line 1. */
  readonly line: number;
  /** The SIM's key in the ledger; undefined for the whole account. */
  readonly sim: string | undefined;
  /** The name of a charge, fee or discount of the tariff; undefined if the map does not distinguish them. */
  readonly name: string | undefined;
  readonly dimensions: LineDimensions;
  /** Quantity in the charge's unit, including what allowances cover; undefined if the invoice states none. */
  readonly quantity: Decimal | undefined;
  /** One unit of its last written digit; 0 if absent. */
  readonly quantityDigit?: Decimal | undefined;
  readonly amount: Decimal;
  /** Undefined if the tariff should explain the line. */
  readonly notRated: NotRatedKind | undefined;
  readonly day: Day | undefined;
  /** ISO 4217, if it differs from the tariffs' currency: the amount is then not added to others. */
  readonly foreignCurrency?: string | undefined;
}
