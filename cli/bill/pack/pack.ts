import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Compared, findCauseText } from '../../../lambda/billing/compare.ts';
import { formatDecimal } from '../../../lambda/billing/decimal.ts';
import { explainLine } from '../../../lambda/billing/explain.ts';
import type { BillLine } from '../../../lambda/billing/line.ts';
import type { TracedIncrement } from '../../../lambda/billing/quantities.ts';
import { Rater, type RatingContext } from '../../../lambda/billing/rate.ts';
import type { SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { BilledUsage } from '../../../lambda/billing/tariff.ts';
import { type Day, findDay, shiftDay } from '../../../lambda/days/day.ts';
import type { Finding } from '../../../lambda/days/findings/finding.ts';
import { findSlot } from '../../../lambda/days/slots.ts';
import { UsageError } from '../../../lambda/errors.ts';
import { FindingsTable } from '../../../lambda/store/findings.ts';
import type { CommandContext } from '../../command.ts';
import { openLake } from '../../days/lake.ts';
import { FileOutput } from '../../terminal/file-output.ts';
import { formatCsvRow } from '../../terminal/terminal.ts';
import { type PackExample, type PackSummary, renderPackPage } from './pack-page.ts';
import { findHeldSince, type SealedFile, SealReader } from './seals.ts';
import { checkMeanings } from './words.ts';

/**
 * The dispute pack: a folder for a carrier's support team, who know their invoice and their records, but not simledger.
 * Records and findings are written while SIMs are compared, so that memory does not grow with them.
 */

/** The most rows of `records.csv`: the limit of spreadsheets. */
const maxRecords = 1_000_000;

/** The most records of an example on the page. */
const maxExampleRecords = 20;

/** The most findings on the page. */
const maxShownFindings = 50;

const recordColumns = [
  ...['line', 'name', 'sim', 'increment', 'used', 'rounded', 'unit', 'source', 'record_id', 'session_id'],
  ...['start', 'end', 'traffic', 'bytes', 'volume', 'messages', 'country', 'mcc', 'mnc', 'operator'],
  ...['tariff', 'zone', 'cost', 'currency', 'day', 'held_since'],
];

const findingColumns = [
  ...['day', 'sim', 'finding_id', 'check', 'reason', 'meaning', 'session_id', 'start', 'end', 'bytes'],
  ...['cost', 'currency', 'record_ids'],
];

const sealColumns = ['day', 'version', 'sealed_at', 'root', 'usage_records', 'usage_root'];

/** A CSV file, written row by row. */
class CsvFile {
  readonly output: FileOutput;
  rows = 0;

  constructor(path: string) {
    this.output = new FileOutput(path);
  }

  /** @throws what Node.js throws if the file cannot be written. */
  async write(cells: readonly unknown[]): Promise<void> {
    this.rows += 1;
    await this.output.write(formatCsvRow(cells));
  }
}

/** What a pack is written from. */
export interface PackOptions {
  /** A new or empty folder. */
  readonly folder: string;
  readonly rating: RatingContext;
  /** Files of tariffs and map, to copy. */
  readonly given: readonly string[];
}

/** Writes a dispute pack as {@link PackOptions} say. */
export class DisputePack {
  readonly #context: CommandContext;
  readonly #options: PackOptions;
  readonly #rater: Rater;
  readonly #seals: SealReader;
  readonly #findings: FindingsTable;
  readonly #records: CsvFile;
  readonly #findingsFile: CsvFile;
  readonly #lines: CsvFile;
  readonly #examples = new Map<string, PackExample>();
  readonly #shownFindings: (Finding & { readonly day: Day })[] = [];
  /** Slots of the SIMs with records, by day. */
  readonly #slots = new Map<Day, Set<string>>();
  #recordsLeftOut = 0;

  private constructor(context: CommandContext, options: PackOptions) {
    const { deployment } = context;
    this.#context = context;
    this.#options = options;
    this.#rater = new Rater(options.rating);
    this.#seals = new SealReader(openLake(deployment));
    this.#findings = new FindingsTable(deployment.dynamoDb, deployment.places.dayTables.findings);
    this.#records = new CsvFile(join(options.folder, 'records.csv'));
    this.#findingsFile = new CsvFile(join(options.folder, 'findings.csv'));
    this.#lines = new CsvFile(join(options.folder, 'lines.csv'));
  }

  /** Output for `lines.csv`: the comparison writes each line to it. */
  get lines(): Pick<FileOutput, 'write'> {
    return this.#lines.output;
  }

  /**
   * Begins a pack.
   *
   * @throws UsageError if the folder is not empty: it may have the proofs of an earlier pack.
   */
  static async open(context: CommandContext, options: PackOptions): Promise<DisputePack> {
    await mkdir(options.folder, { recursive: true });
    if ((await readdir(options.folder)).length > 0)
      throw new UsageError(`--pack ${options.folder} is not empty: give a new folder`);
    const pack = new DisputePack(context, options);
    await pack.#records.write(recordColumns);
    await pack.#findingsFile.write(findingColumns);
    return pack;
  }

  /** Adds the records of a SIM's differing lines. */
  async addSim(records: SimRecords, compared: readonly Compared[]): Promise<void> {
    const differing = compared.filter(({ outcome }) => outcome !== 'equal');
    if (differing.length === 0) return;
    const { lines, trace } = this.#rater.rate(records, true);
    const days = new Set<Day>();
    for (const one of differing) {
      const own = lines.filter(({ id }) => one.ourLines.includes(id));
      this.#noteExample(one, own, trace);
      for (const line of own) {
        for (const [index, increment] of (trace.get(line.id) ?? []).entries())
          await this.#writeIncrement(line, index + 1, increment, days);
      }
    }
    await this.#addFindings(records.sim, [...days].sort());
  }

  async #writeIncrement(
    line: BillLine,
    number: number,
    { records, used, rounded }: TracedIncrement,
    days: Set<Day>,
  ): Promise<void> {
    for (const [index, record] of records.entries()) {
      const day = findDay(record.start);
      days.add(day);
      if (this.#records.rows > maxRecords) {
        this.#recordsLeftOut += 1;
        continue;
      }
      const manifest = await this.#seals.read(day);
      if (manifest !== undefined) {
        const slots = this.#slots.get(day) ?? new Set();
        this.#slots.set(day, slots.add(findSlot(record.sim)));
      }
      const { sim, source, sessionId, start, end, trafficType, volume, messages, country, mcc, mnc } = record;
      await this.#records.write([
        ...[line.id, line.name, sim, number],
        // A quantity that is rounded up as a whole appears with its first record.
        ...(index === 0 ? [formatDecimal(used), formatDecimal(rounded), line.quantity?.unit] : ['', '', '']),
        ...[
          source,
          readRecordId(record),
          sessionId,
          start,
          end,
          trafficType,
          record.dataTotal,
          volume,
          messages,
        ],
        ...[country, mcc, mnc, record.operatorName, record.tariff, record.rateZone],
        ...[record.cost, record.currency, day, manifest && findHeldSince(manifest, sim, record.usageId)],
      ]);
    }
  }

  /** Keeps the largest line of each cause. */
  #noteExample(
    compared: Compared,
    lines: readonly BillLine[],
    trace: ReadonlyMap<string, readonly TracedIncrement[]>,
  ): void {
    for (const cause of compared.causes) {
      const key = findCauseText(cause);
      const known = this.#examples.get(key);
      if (known?.cause.money.abs().gte(cause.money.abs()) === true) continue;
      this.#examples.set(key, {
        ...{ cause, compared },
        steps: lines.flatMap((line) =>
          explainLine(
            line,
            this.#options.rating.tariffs.find(({ name }) => name === line.tariff),
          ),
        ),
        records: lines
          .flatMap(({ id }) => trace.get(id) ?? [])
          .flatMap(({ records, used, rounded }) =>
            records.map((record, index) => ({
              ...{ id: readRecordId(record), session: record.sessionId, start: record.start },
              stated: record.volume ?? String(record.messages ?? record.dataTotal),
              ...(index === 0 && { used: formatDecimal(used), rounded: formatDecimal(rounded) }),
            })),
          )
          .slice(0, maxExampleRecords),
      });
    }
  }

  async #addFindings(sim: string, days: readonly Day[]): Promise<void> {
    const { month } = this.#options.rating;
    const [from = `${month}-01`, through = shiftDay(`${month}-01`, 31)] = [days[0], days.at(-1)];
    for (const { day, findings } of await this.#findings.read(sim, from, through)) {
      for (const finding of findings) {
        if (this.#shownFindings.length < maxShownFindings) this.#shownFindings.push({ ...finding, day });
        const { findingId, check, reason, sessionId, start, end, bytes, cost, currency, records } = finding;
        await this.#findingsFile.write([
          ...[day, sim, findingId, check, reason, checkMeanings[check], sessionId, start, end, bytes],
          ...[cost, currency, records],
        ]);
      }
    }
  }

  /** Writes the remaining files. */
  async finish(summary: PackSummary): Promise<void> {
    const { folder, given, rating } = this.#options;
    for (const file of [this.#records, this.#findingsFile, this.#lines]) await file.output.close();
    const sealed = await this.#writeSeals();
    // Two files may have the same name.
    const copies = given.map((file, index) => [file, `given/${index + 1}-${basename(file)}`] as const);
    await mkdir(join(folder, 'given'));
    for (const [file, copy] of copies) await copyFile(file, join(folder, copy));
    await writeFile(
      join(folder, 'index.html'),
      renderPackPage(summary, {
        rating,
        examples: [...this.#examples.values()].sort((a, b) => b.cause.money.abs().cmp(a.cause.money.abs())),
        findings: this.#shownFindings,
        findingCount: this.#findingsFile.rows - 1,
        recordCount: this.#records.rows - 1,
        recordsLeftOut: this.#recordsLeftOut,
        seals: this.#seals.sealed,
        openDays: this.#seals.open,
        hasRows: this.#context.reveal,
      }),
    );
    const plain = ['index.html', 'lines.csv', 'records.csv', 'findings.csv', 'seals.csv'];
    const sums = await Promise.all(
      [...plain, ...copies.map(([, copy]) => copy)].map((path) => hashFile(folder, path)),
    );
    const text = [...sums, ...sealed].map(({ sha256, path }) => `${sha256}  ${path}\n`).join('');
    await writeFile(join(folder, 'SHA256SUMS'), text);
  }

  /**
   * The seals of all days with records, each with its versions. Full rows name devices, so they are written only on
   * request.
   */
  async #writeSeals(): Promise<SealedFile[]> {
    const { folder } = this.#options;
    const file = new CsvFile(join(folder, 'seals.csv'));
    await file.write(sealColumns);
    const files: SealedFile[] = [];
    for (const manifest of this.#seals.sealed) {
      for (const { version, sealedAt, root, kinds } of [...manifest.history, manifest])
        await file.write([manifest.day, version, sealedAt, root, kinds.usage.rows, kinds.usage.root]);
      const slots = this.#context.reveal ? this.#slots.get(manifest.day) : undefined;
      files.push(...(await this.#seals.write(folder, manifest, slots ?? new Set())));
    }
    await file.output.close();
    return files;
  }
}

/** The carrier's id of a record. */
function readRecordId({ usageId }: Pick<BilledUsage, 'usageId'>): string {
  return usageId.slice(usageId.indexOf('#') + 1);
}

async function hashFile(folder: string, path: string): Promise<SealedFile> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(join(folder, path))) hash.update(bytes as Buffer);
  return { path, sha256: hash.digest('hex') };
}
