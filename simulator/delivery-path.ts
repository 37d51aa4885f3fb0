import { gzipSync } from 'node:zlib';
import type { Carrier } from '../lambda/ledger/source.ts';
import { writeCsvFile } from './csv-dialect.ts';
import type { SimulatedCarrier } from './identity.ts';
import type { FateOfFile, FileKind } from './losses.ts';
import type { Random } from './random.ts';
import { formatIso, second } from './records.ts';
import type { ExpectedLoss } from './truth.ts';

/** A record for the stream, or a row for the next file, that has not arrived yet. */
export interface Parcel {
  readonly source: SimulatedCarrier;
  /** Writes the text when the parcel arrives, so that it takes little memory until then. */
  readonly write: () => string;
  readonly partitionKey: string;
  readonly form: 'record' | 'usage row' | 'event row';
  /** Whether it must not share a body with others. */
  readonly standsAlone: boolean;
  /** What the ledger must do with it. */
  readonly fate: 'kept' | 'ignored' | 'rejected';
}

/** A body in a carrier's stream, or a file in its bucket. */
export type FleetDelivery = {
  /** Name of the source, which is that of its carrier. */
  readonly source: Carrier;
  /** How many records it contains, including repeated and broken ones. */
  readonly records: number;
} & (
  | { readonly kind: 'stream'; readonly data: Buffer; readonly partitionKey: string }
  | { readonly kind: 'file'; readonly key: string; readonly bytes: Buffer }
);

/** Counts of what was delivered. */
export interface Departures {
  delivered: number;
  ignored: number;
  rejected: number;
}

/** A file ends after this many rows, or at the end of the hour. */
const rowsPerFile = 5_000;

/** After how many files it is known how often they come. */
const minKnownFiles = 12;

/** Identifies a source's sequence of files of one kind. */
function nameSequence(source: SimulatedCarrier, kind: FileKind): string {
  return `${source}/${kind}`;
}

interface OpenFile {
  readonly source: SimulatedCarrier;
  readonly prefix: FileKind;
  readonly rows: string[];
}

/**
 * The path between the carriers and the ledger. It keeps parcels until they are due, shuffles those that are due now,
 * sometimes packs several records into one body, and writes rows into files. It holds only parcels that have not
 * arrived.
 */
export class DeliveryPath {
  readonly departures: Departures = { delivered: 0, ignored: 0, rejected: 0 };
  private readonly due = new Map<number, Parcel[]>();
  private readonly files = new Map<string, OpenFile>();
  private readonly losses: { readonly sequence: string; readonly loss: ExpectedLoss }[] = [];
  /** How many files of each sequence were delivered. */
  private readonly fileCounts = new Map<string, number>();
  /** The name of the last file of each sequence, and the name of the file before one that was just lost. */
  private readonly lastNames = new Map<string, string>();
  private readonly losing = new Map<string, string>();
  private readonly random: Random;
  /** Keeps file names unique, which state a second. */
  private lastFileSecond = 0;

  constructor(random: Random) {
    this.random = random;
  }

  /**
   * The findings that lost files must cause, after all files have been delivered. If there are few, nobody can tell how
   * often they come.
   */
  get lostFiles(): readonly ExpectedLoss[] {
    const isKnown = (sequence: string): boolean => (this.fileCounts.get(sequence) ?? 0) >= minKnownFiles;
    return this.losses.flatMap(({ sequence, loss }) => (isKnown(sequence) ? [loss] : []));
  }

  /** Sends a parcel, which arrives in the given time slice. */
  send(parcel: Parcel, slice: number): void {
    const parcels = this.due.get(slice);
    if (parcels === undefined) this.due.set(slice, [parcel]);
    else parcels.push(parcel);
  }

  /** Whether parcels have not arrived yet. */
  get isBusy(): boolean {
    return this.due.size > 0;
  }

  /** What arrives in a time slice, in no particular order. */
  takeArrivals(slice: number): FleetDelivery[] {
    const parcels = this.due.get(slice) ?? [];
    this.due.delete(slice);
    this.random.shuffle(parcels);
    return this.pack(parcels);
  }

  /**
   * Closes the open files, which are then delivered. `at` determines their names.
   *
   * @param fates the fates of files that come even without rows. The rows of a file that is not put come with the next
   *   one.
   */
  closeFiles(at: number, fates: readonly FateOfFile[] = []): FleetDelivery[] {
    const kept = new Set(
      fates.filter(({ fate }) => fate !== 'put').map(({ source, kind }) => nameSequence(source, kind)),
    );
    const deliveries: FleetDelivery[] = [];
    const put = new Set<string>();
    for (const [name, file] of this.files) {
      if (kept.has(name)) continue;
      deliveries.push(...this.putFile(file, at));
      put.add(name);
      this.files.delete(name);
    }
    for (const { source, kind, fate } of fates) {
      const name = nameSequence(source, kind);
      if (fate === 'lost') this.losing.set(name, this.lastNames.get(name) ?? '');
      else if (!put.has(name)) deliveries.push(this.writeFile({ source, prefix: kind, rows: [] }, at));
    }
    return deliveries;
  }

  private pack(parcels: readonly Parcel[]): FleetDelivery[] {
    const deliveries: FleetDelivery[] = [];
    const bundles = new Map<SimulatedCarrier, { readonly size: number; readonly parcels: Parcel[] }>();
    for (const parcel of parcels) {
      const bundle = bundles.get(parcel.source);
      if (parcel.form !== 'record') this.addRow(parcel);
      else if (parcel.standsAlone) deliveries.push(this.putBody([parcel]));
      else if (bundle !== undefined) {
        bundle.parcels.push(parcel);
        if (bundle.parcels.length < bundle.size) continue;
        deliveries.push(this.putBody(bundle.parcels));
        bundles.delete(parcel.source);
      } else if (this.random.decide(0.01)) {
        bundles.set(parcel.source, { size: this.random.drawBetween(2, 12), parcels: [parcel] });
      } else deliveries.push(this.putBody([parcel]));
    }
    for (const bundle of bundles.values()) deliveries.push(this.putBody(bundle.parcels));
    return deliveries;
  }

  private putBody(parcels: readonly Parcel[]): FleetDelivery {
    for (const parcel of parcels) this.count(parcel.fate);
    const { source = 'twilio', partitionKey = '' } = parcels[0] ?? {};
    const text = this.join(parcels.map((parcel) => parcel.write()));
    const plain = Buffer.from(text);
    const standsAlone = parcels.some((parcel) => parcel.standsAlone);
    const zipped = !standsAlone && this.random.decide(parcels.length > 1 ? 0.1 : 0.003);
    return {
      kind: 'stream',
      source,
      records: parcels.length,
      data: zipped ? gzipSync(plain) : plain,
      partitionKey,
    };
  }

  /** Joins records into one body: an array, JSON lines, or without any separator. */
  private join(texts: readonly string[]): string {
    if (texts.length === 1) return texts[0] ?? '';
    const way = this.random.drawInteger(3);
    if (way === 0) return `[${texts.join(',')}]`;
    return way === 1 ? `${texts.join('\n')}\n` : texts.join('');
  }

  private addRow(parcel: Parcel): void {
    this.count(parcel.fate);
    const prefix = parcel.form === 'usage row' ? 'cdr' : 'events';
    const name = nameSequence(parcel.source, prefix);
    const file = this.files.get(name) ?? { source: parcel.source, prefix, rows: [] };
    this.files.set(name, file);
    file.rows.push(parcel.write());
  }

  private *putFile(file: OpenFile, at: number): Generator<FleetDelivery> {
    for (let first = 0; first < file.rows.length; first += rowsPerFile) {
      const rows = file.rows.slice(first, first + rowsPerFile);
      yield this.writeFile({ ...file, rows }, at);
    }
  }

  private writeFile({ source, prefix, rows }: OpenFile, at: number): FleetDelivery {
    this.lastFileSecond = Math.max(this.lastFileSecond + second, at);
    const name = formatIso(this.lastFileSecond).replaceAll(/[-:]/g, '').replace('T', '_').slice(0, 15);
    const framing = { byteOrderMark: this.random.decide(0.2), carriageReturns: this.random.decide(0.2) };
    const bytes = writeCsvFile(prefix === 'cdr' ? 'usage row' : 'event row', rows, framing);
    const key = `${prefix}_${name}.csv`;
    this.passFile(source, nameSequence(source, prefix), key);
    return { kind: 'file', source, records: rows.length, key, bytes };
  }

  /** The next file of a sequence reveals that the one before was lost. */
  private passFile(source: SimulatedCarrier, sequence: string, key: string): void {
    const before = this.losing.get(sequence);
    this.losing.delete(sequence);
    this.lastNames.set(sequence, key);
    this.fileCounts.set(sequence, (this.fileCounts.get(sequence) ?? 0) + 1);
    if (before === undefined) return;
    const loss: ExpectedLoss = {
      ...{ sim: `files:${source}`, check: 'path', reason: 'file-missing' },
      ...{ sessionId: undefined, bytes: undefined, records: [before, key] },
    };
    this.losses.push({ sequence, loss });
  }

  private count(fate: Parcel['fate']): void {
    this.departures.delivered++;
    if (fate !== 'kept') this.departures[fate]++;
  }
}
