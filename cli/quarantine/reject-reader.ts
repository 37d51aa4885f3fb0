import { readingOf } from '../../lambda/file-importer/import-file.ts';
import { layoutOf } from '../../lambda/file-importer/layout.ts';
import { parseRows } from '../../lambda/file-importer/rows.ts';
import type { Entry } from '../../lambda/ingest.ts';
import { entriesOfBody, type Interpret } from '../../lambda/kinesis-consumer/entries.ts';
import type { RejectLine } from '../../lambda/store/quarantine.ts';
import type { Deployment } from '../deployment/deployment.ts';
import { fileOfPosition } from './positions.ts';
import { RowLayouts } from './row-layouts.ts';

/** What a reject turned out to be, read again. */
export type ReadAgain =
  /** Its records. */
  | { readonly entries: readonly Entry[] }
  /** Why it can't even be tried. */
  | { readonly trouble: string };

/** Reads rejects again, with today's code. */
export class RejectReader {
  readonly #deployment: Deployment;
  readonly #interpret: Interpret;
  readonly #layouts: RowLayouts;

  constructor(deployment: Deployment, interpret: Interpret) {
    this.#deployment = deployment;
    this.#interpret = interpret;
    this.#layouts = new RowLayouts(deployment.s3);
  }

  /**
   * @param delivery number of the reject among those that are taken in together.
   * @param arrivedAt now, milliseconds since the epoch: it is delivered again. Whether a time lies too far ahead is
   *   judged anew, and an event expires so long after today.
   */
  async read(line: RejectLine, delivery: number, arrivedAt: number): Promise<ReadAgain> {
    const { sources } = this.#deployment.places;
    const source = sources.all.find(({ name }) => name === line.source);
    if (source === undefined) return { trouble: `The source ${line.source} is not configured any more` };
    const bytes = Buffer.from(line.body, line.encoding);
    const arrival = { delivery, source, arrivedAt, position: line.position };
    const file = fileOfPosition(line.position, sources);
    if (file === undefined) return { entries: [...entriesOfBody(bytes, arrival, this.#interpret)] };
    const layout = line.header === undefined ? await this.#layouts.of(file) : layoutOf(line.header, file.key);
    if (typeof layout === 'string') return { trouble: layout };
    const rows = parseRows(bytes, [bytes.length], layout.delimiter);
    return {
      entries: rows.map((row) => ({
        ...arrival,
        reading: readingOf(row, layout.interpretRow, { source, arrivedAt }),
        bytes: () => row.bytes,
      })),
    };
  }
}
