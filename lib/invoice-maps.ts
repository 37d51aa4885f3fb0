import * as z from 'zod';
import { notRatedKinds } from '../lambda/billing/invoice.ts';
import { units } from '../lambda/billing/tariff.ts';
import { exactly, parseWord, text } from './configuration-schemas.ts';
import { fact } from './tariffs.ts';

/** The file that maps an invoice's columns: docs/bills.md describes each key. */

const column = text(/^.{1,128}$/, 'the name of a column, as the header has it');

/** A column and the value that it must have. */
const condition = exactly({ column, is: text(/^.{0,128}$/, 'a text that the column has') });

const rule = exactly({
  when: condition.optional(),
  /** Name of a charge, fee or discount. */
  name: text(/^.{1,64}$/, 'the name of a charge, fee or discount').optional(),
  notRated: parseWord(notRatedKinds).optional(),
}).refine(
  ({ name, notRated }) => (name === undefined) !== (notRated === undefined),
  'a name or notRated, one of the two',
);

export const invoiceMap = exactly({
  /** Detected from the header by default. */
  delimiter: parseWord([',', ';', '\t', '|']).optional(),
  /** Detected from the numbers by default. */
  decimal: parseWord(['.', ',']).optional(),
  columns: exactly({
    sim: column,
    amount: column,
    /** Columns to add up: Eseye states billed and bundled volume separately. */
    quantity: z.array(column, 'a list of columns that are added up').default([]),
    currency: column.optional(),
    country: column.optional(),
    network: column.optional(),
    zone: column.optional(),
    day: column.optional(),
    session: column.optional(),
  }),
  unit: parseWord(units).default('B'),
  /** The first matching rule says what a line is about. */
  rules: z.array(rule, 'a list of rules').default([]),
  /** Which parts of the map are published, and which are assumed. */
  facts: z.array(fact, 'a list of facts').default([]),
});

/** A map of an invoice's columns, validated, with every default filled in. */
export type InvoiceMap = z.output<typeof invoiceMap>;
