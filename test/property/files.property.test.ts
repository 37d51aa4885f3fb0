import fc, { type Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ImportResult, importFile } from '../../lambda/ingest/files/import-file.ts';
import { addReceipts, emptyReceipt, type Receipt } from '../../lambda/ledger/receipt.ts';
import { eventColumns, usageColumns, writeRow } from '../../simulator/csv-dialect.ts';
import { Case } from './case.ts';
import { chunks, RunningFunction } from './delivery.ts';
import { type DeliveryPath, type DroppedFile, deliveryPlan, rowOf, sourceOf } from './delivery-path.ts';
import { calm, type Tables, tablesOf } from './expectation.ts';
import { fleetOf } from './fleet.ts';
import { damaged, text } from './fuzz-values.ts';
import { expectEqual, goesOn, interleaved, pauseOf } from './hostile-path.ts';
import { WatchedWrites } from './invariants.ts';
import { MemoryDynamoDb } from './memory-dynamodb.ts';
import { seed, timeLimit, trials } from './trials.ts';
import { withoutClock } from './without-clock.ts';

const deliveredAt = Date.parse('2030-01-01T00:00:00.000Z');

/** What an import leaves behind. */
interface Imported {
  readonly result: ImportResult;
  readonly tables: Tables;
  readonly rejects: readonly string[];
  readonly refused: readonly string[];
  readonly receipt: Receipt;
}

/** How a file is imported. */
interface Importing {
  readonly key: string;
  readonly carrier: '1nce' | 'emnify' | 'telekom';
  /** Bytes of the chunks in which it is read. */
  readonly chunk: number;
  /** Bytes of the blocks of which the parts are made. */
  readonly blockBytes: number;
  /** Whether it is read to a block's end only, and then on from there. */
  readonly isHasty: boolean;
}

async function importBytes(
  bytes: Buffer,
  { key, carrier, chunk, blockBytes, isHasty }: Importing,
  engine = new MemoryDynamoDb(),
): Promise<Imported> {
  const context = calm(engine);
  const { writer, files, fence, process } = new RunningFunction(context);
  const refused: string[] = [];
  let receipt = emptyReceipt;
  let result: ImportResult;
  do {
    result = await importFile({ bucket: carrier, key, versionId: 'v1', eTag: undefined }, sourceOf(carrier), {
      writer,
      files,
      fence,
      quarantine: process,
      open: async (_, from) => ({
        bytes: chunks(bytes.subarray(from), chunk),
        size: bytes.length,
        deliveredAt,
        close: async () => undefined,
      }),
      keepFile: async (_, { code }) => void refused.push(code),
      count: (counted) => {
        receipt = addReceipts(receipt, counted);
      },
      askedAt: 0,
      isTimeShort: () => isHasty,
      now: () => 0,
      blockBytes,
    });
  } while (result.outcome === 'continue');
  return { result, tables: tablesOf(engine), rejects: context.quarantine.contents, refused, receipt };
}

/** Rows of a model fleet, with their header. */
const realFile: Arbitrary<{ readonly header: readonly string[]; readonly rows: readonly string[] }> = fc
  .tuple(fleetOf({ carriers: ['1nce', 'emnify', 'telekom'], maxSims: 2 }), fc.boolean())
  .map(([{ lives }, isUsage]) => {
    const form = isUsage ? 'usage row' : 'event row';
    const rows = lives.flatMap(({ records }) => records.flatMap((record) => rowOf(record) ?? []));
    const header = isUsage ? usageColumns : eventColumns;
    return { header, rows: rows.flatMap((row) => (row.form === form ? [row.text] : [])) };
  });

const importing: Arbitrary<Importing> = fc.record({
  key: fc.constantFrom(
    'cdr_20300101_000000.csv',
    'events_20300101_000000.csv',
    'any name',
    '../../x/events_1.csv',
  ),
  carrier: fc.constantFrom('1nce', 'emnify', 'telekom'),
  chunk: fc.constantFrom(1, 7, 100, 65_536),
  blockBytes: fc.constantFrom(65_536, 2_000, 300),
  isHasty: fc.boolean(),
});

/** A file's bytes and how they are imported. */
class FuzzedFile extends Case {
  readonly bytes: Buffer;
  readonly importing: Importing;

  constructor(bytes: Buffer, how: Importing) {
    super();
    this.bytes = bytes;
    this.importing = how;
  }

  describe(): readonly string[] {
    return [JSON.stringify(this.importing), JSON.stringify(this.bytes.toString('latin1'))];
  }
}

const delimiter = fc.constantFrom(',', ',', ';', '\t');

/** Fields as a careless writer writes them. */
const field = fc
  .tuple(text, fc.constantFrom('quoted', 'quoted', 'bare', 'half quoted'))
  .map(([value, way]) =>
    way === 'quoted' ? `"${value.replaceAll('"', '""')}"` : way === 'bare' ? value : `"${value}`,
  );

const anyCsv: Arbitrary<Buffer> = fc
  .record({
    separator: delimiter,
    header: fc.array(
      fc.oneof(
        fc.constantFrom(...usageColumns, ...eventColumns, '__proto__', 'constructor', 'ID', ' id ', 'a\nb'),
        fc.constantFrom('id', 'start_timestamp', 'volume', 'event_type_id', 'iccid', 'timestamp'),
      ),
      { maxLength: 12 },
    ),
    rows: fc.array(fc.array(field, { maxLength: 12 }), { maxLength: 4 }),
    lineEnd: fc.constantFrom('\n', '\r\n', '\r', '\n\n'),
    encoding: fc.constantFrom('utf8' as const, 'utf8' as const, 'latin1' as const, 'utf16le' as const),
  })
  .map(({ separator, header, rows, lineEnd, encoding }) => {
    const lines = [header.map((name) => `"${name}"`), ...rows].map((row) => row.join(separator));
    return Buffer.from(lines.join(lineEnd), encoding);
  });

const realBytes = realFile.map(({ header, rows }) =>
  Buffer.from(`${[writeRow(header), ...rows].join('\n')}\n`),
);

const fuzzedFile = fc
  .tuple(
    fc.oneof(
      anyCsv,
      damaged(realBytes),
      damaged(anyCsv),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    ),
    importing,
  )
  .map(([bytes, how]) => new FuzzedFile(bytes, how));

/** Each row is in the ledger or in the quarantine; a file of which no row can be read is kept whole. */
function expectAccounted({ result, refused, rejects, receipt }: Imported): void {
  const { outcome, manifest } = result;
  if (outcome === 'failed') {
    expect({ refused: refused.length, rejects }).toEqual({ refused: 1, rejects: [] });
    expect(receipt).toEqual({ ...emptyReceipt, received: 1, rejected: 1 });
    return;
  }
  const { rows = 0, accepted = 0, rejected = 0, position, size, state } = manifest ?? {};
  expect({ outcome, state, position, rows }).toEqual({
    outcome: 'done',
    state: 'done',
    position: size,
    rows: accepted + rejected,
  });
  expect(receipt.received).toBe(rows);
  expect(receipt.rejected).toBe(rejected);
  expect(receipt.stored + receipt.repeated + receipt.ignored).toBe(accepted);
  expect(rejects.length).toBeLessThanOrEqual(rejected);
  expect(rejects.length > 0).toBe(rejected > 0);
}

describe(`a file (seed ${seed})`, () => {
  test('of any bytes is taken in row by row or refused whole, and nothing of it is lost', {
    timeout: timeLimit,
  }, async () => {
    withoutClock(() => goesOn);
    await fc.assert(
      fc.asyncProperty(fuzzedFile, async ({ bytes, importing: how }) => {
        const imported = await importBytes(bytes, how);
        // An empty object without the name of a carrier's file is not a file.
        if (bytes.length === 0 && how.key === 'any name') expect(imported.result.outcome).toBe('marker');
        else expectAccounted(imported);
      }),
      trials(1_200),
    );
  });

  test('is read the same in whatever chunks it comes, and wherever reading it begins again', {
    timeout: timeLimit,
  }, async () => {
    withoutClock(() => goesOn);
    await fc.assert(
      fc.asyncProperty(fuzzedFile, async ({ bytes, importing: how }) => {
        const whole = await importBytes(bytes, { ...how, chunk: bytes.length + 1, isHasty: false });
        const pieces = await importBytes(bytes, how);
        expect({ ...pieces, tables: JSON.stringify(pieces.tables) }).toEqual({
          ...whole,
          tables: JSON.stringify(whole.tables),
        });
      }),
      trials(600),
    );
  });

  test('that is cut off anywhere gives its whole rows, and the rest of one is rejected', {
    timeout: timeLimit,
  }, async () => {
    withoutClock(() => goesOn);
    await fc.assert(
      fc.asyncProperty(
        realFile,
        fc.double({ min: 0, max: 1, noNaN: true }),
        importing,
        async ({ header, rows }, share, how) => {
          const begin = `${writeRow(header)}\n`;
          const body = rows.map((row) => `${row}\n`).join('');
          const cut = Math.floor(Buffer.byteLength(body) * share);
          const bytes = Buffer.concat([Buffer.from(begin), Buffer.from(body).subarray(0, cut)]);
          const rest = bytes.subarray(bytes.lastIndexOf(0x0a) + 1);
          const isWhole = rest.length === 0 || rows.includes(rest.toString());
          const cutOff = await importBytes(bytes, how);
          expectAccounted(cutOff);
          expect(cutOff.rejects).toEqual(isWhole ? [] : [`${how.carrier} ${rest.toString('latin1')}`]);
          const engine = new MemoryDynamoDb();
          await importBytes(bytes, how, engine);
          const again = await importBytes(
            Buffer.from(begin + body),
            { ...how, key: `whole ${how.key}` },
            engine,
          );
          const whole = await importBytes(Buffer.from(begin + body), how);
          expect(JSON.stringify(again.tables)).toBe(JSON.stringify(whole.tables));
          expect(again.rejects).toEqual([]);
        },
      ),
      trials(500),
    );
  });

  test('of several blocks is imported once, however many import it at the same time and whatever fails', {
    timeout: timeLimit,
  }, async () => {
    let pause = goesOn;
    withoutClock(() => pause);
    await fc.assert(
      fc.asyncProperty(interleaved(largeFile), async (hostile) => {
        pause = pauseOf(hostile);
        const watched = new WatchedWrites();
        const engine = Object.assign(new MemoryDynamoDb(), { onWrite: watched.onWrite });
        await hostile.deliver(engine, pause);
        expect(watched.broken).toEqual([]);
        // Two parts of one file may wait for each other's SIM; nobody moves the hostile clock any more.
        pause = goesOn;
        const [file] = hostile.path.files.flatMap(({ files }) => files);
        const whole = await importBytes(file?.bytes ?? Buffer.alloc(0), {
          key: 'cdr_1.csv',
          carrier: '1nce',
          chunk: 65_536,
          blockBytes: 65_536,
          isHasty: false,
        });
        expectEqual(tablesOf(engine), whole.tables);
        const [manifest] = engine.items('Files');
        expect([manifest?.['state']?.S, manifest?.['position']?.N]).toEqual([
          'done',
          String(file?.bytes.length),
        ]);
      }),
      trials(100),
    );
  });
});

/** Rows so long that a block has few of them, in a file that is announced several times. */
const largeFile: Arbitrary<DeliveryPath> = fc
  .record({
    fleet: fleetOf({ carriers: ['1nce'], maxSims: 1, withUsers: false }),
    rows: fc.integer({ min: 2, max: 7 }),
    announced: fc.integer({ min: 2, max: 3 }),
    plan: deliveryPlan,
  })
  .map(({ fleet, rows, announced, plan }) => {
    const texts = fleet.lives.flatMap(({ records }) => records.flatMap((record) => rowOf(record) ?? []));
    const usage = texts.filter(({ form }) => form === 'usage row').slice(0, rows);
    const filler = 'x'.repeat(200_000);
    const lines = [
      writeRow([...usageColumns, 'note']),
      ...usage.map(({ text: row }) => `${row},"${filler}"`),
    ];
    const common = { source: '1nce', fate: 'kept', standsAlone: false, what: 'a long row' } as const;
    const file: DroppedFile = {
      source: sourceOf('1nce'),
      key: 'cdr_1.csv',
      version: 'v1',
      bytes: Buffer.from(`${lines.join('\n')}\n`),
      deliveredAt,
      parcels: usage.map((row) => ({ ...common, ...row })),
    };
    const files = Array.from({ length: announced }, (_, index) => ({
      name: `importer ${index}`,
      files: [file],
    }));
    const large = { ...plan, files: { ...plan.files, chunk: 65_536 } };
    return { fleet, plan: large, streams: [], files, delivered: [], rejected: [] };
  });
