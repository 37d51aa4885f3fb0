import { readFileSync } from 'node:fs';
import { readAll, type WholeBody } from './read-all.ts';

/**
 * The bytes of a file under `test/fixtures/`, such as `1nce/usage.json`: the carriers' own published samples. Those under
 * `field/` are records that once were misread, with invented values.
 */
export function fixture(path: string): Buffer {
  return readFileSync(new URL(`../fixtures/${path}`, import.meta.url));
}

/** A text as the body of a delivery, read. */
export function bodyOf(text: string): WholeBody {
  return readAll(Buffer.from(text));
}

/** The one value that a fixture's body holds, as the consumer reads it. */
export function fixtureValue(path: string): unknown {
  return readAll(fixture(path)).values[0];
}
