import { readBody } from '../../lambda/carriers/body.ts';
import { interpret } from '../../lambda/carriers/index.ts';
import { formatReason, type Reading, type RejectCode } from '../../lambda/carriers/reading.ts';
import type { Carrier } from '../../lambda/ledger/source.ts';
import { arrivalFrom } from './arrival.ts';

/** All of a body at once, its values apart from what is broken. */
export interface WholeBody {
  readonly values: readonly unknown[];
  /** The original bytes of a value. */
  readonly bytesOf: (index: number) => Uint8Array;
  readonly broken: readonly {
    readonly code: RejectCode;
    readonly reason: string;
    readonly bytes: Uint8Array;
  }[];
}

/** Reads a body as the consumer does, to its end. */
export function readAll(bytes: Buffer): WholeBody {
  const parts = [...readBody(bytes).listParts()];
  const values = parts.filter((part) => part.kind === 'value');
  return {
    values: values.map(({ value }) => value),
    bytesOf: (index) => values[index]?.readBytes() ?? Buffer.alloc(0),
    broken: parts
      .filter((part) => part.kind === 'broken')
      .map(({ fault, readBytes: original }) => ({
        ...{ code: fault.code, reason: formatReason(fault) },
        bytes: original(),
      })),
  };
}

/** Reads all records of a body from a carrier. */
export function interpretAll(bytes: Buffer, carrier: Carrier): Reading[] {
  return readAll(bytes).values.map((value) => interpret(value, arrivalFrom(carrier)));
}
