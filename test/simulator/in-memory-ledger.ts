import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Sources } from '../../lambda/aws/sources.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import type { SessionRefresh } from '../../lambda/ledger/source.ts';
import { type Carrier, carriers } from '../../lambda/ledger/source.ts';
import { FiledRecordNotes } from '../../lambda/store/filed-records.ts';
import { dayStateTable, tables } from '../../lambda/store/tables.ts';
import type { FleetDelivery } from '../../simulator/delivery-path.ts';
import { importAtOnce, ingestAtOnce, RunningFunction } from '../property/delivery.ts';
import { kinesisRecord, sourceOf } from '../property/delivery-path.ts';
import { calm, type Tables, tablesOf } from '../property/expectation.ts';
import { asClient, MemoryDynamoDb } from '../property/memory-dynamodb.ts';

/** When everything arrives: after all that the simulator and the examples date right. */
const arrivedAt = Date.parse('2026-12-31T00:00:00Z');

/** As many as a megabyte has. */
const itemsInPage = 1_000;

/** The functions' own code over tables in memory, which takes what the simulator delivers. */
export class InMemoryLedger {
  /** Records: an array's element, a JSON line and a CSV row are one each. */
  readonly counts = { delivered: 0, ignored: 0, rejected: 0 };
  readonly #context = calm(new MemoryDynamoDb(tables, itemsInPage));
  /**
   * One process takes everything: a new one makes room for all SIMs that it may remember. It reads the fence each time,
   * since days may have passed between two deliveries.
   */
  readonly #running = new RunningFunction(this.#context, 0);
  readonly #sources: Sources;
  #bodies = 0;

  constructor(sessionRefresh: SessionRefresh = 'update') {
    const sources = carriers.map((carrier) => ({ ...sourceOf(carrier), sessionRefresh }));
    this.#sources = {
      findByStream: (arn) => this.#sources.findByBucket(arn.slice(arn.lastIndexOf('/') + 1)),
      findByBucket: (name) => sources.find((source) => source.name === name) ?? sourceOf(name),
    };
  }

  /** Takes all bodies in one batch, and then the files one after the other. */
  async take(deliveries: readonly FleetDelivery[]): Promise<void> {
    const bodies = deliveries.flatMap((delivery) =>
      delivery.kind === 'stream' ? this.#kinesisRecord(delivery.source, delivery.data) : [],
    );
    const { receipt } = await ingestAtOnce(readEntries(bodies, this.#sources), this.#context, this.#running);
    this.#count(receipt.received, receipt.ignored, receipt.rejected);
    // How each call ended is asked by nobody here.
    this.#running.process.endings.clear();
    for (const delivery of deliveries) {
      if (delivery.kind === 'file') await this.#takeFile(delivery.source, delivery.key, delivery.bytes);
    }
  }

  /** A client of its tables. */
  get client(): DynamoDBClient {
    return asClient(this.#context.engine as MemoryDynamoDb);
  }

  get tables(): Tables {
    return tablesOf(this.#context.engine as MemoryDynamoDb);
  }

  #kinesisRecord(carrier: Carrier, data: Buffer) {
    const source = this.#sources.findByBucket(carrier);
    this.#bodies += 1;
    return kinesisRecord(source, `${source.name}/0`, this.#bodies, arrivedAt, data);
  }

  async #takeFile(carrier: Carrier, key: string, bytes: Buffer): Promise<void> {
    const source = this.#sources.findByBucket(carrier);
    const file = { source, key, version: 'v1', bytes, deliveredAt: arrivedAt, parcels: [] };
    const filed = new FiledRecordNotes(this.client, dayStateTable.name);
    const notes = {
      noteFiled: (records: Parameters<typeof filed.put>[0]) => filed.put(records),
      noteFile: (named: Parameters<typeof filed.putFile>[0]) => filed.putFile(named),
    };
    const manifest = await importAtOnce(file, this.#context, notes, this.#running);
    if (manifest?.state !== 'done') throw new Error(`${key} was not imported: ${manifest?.reason}`);
    this.#count(manifest.rows, 0, manifest.rejected);
  }

  #count(delivered: number, ignored: number, rejected: number): void {
    this.counts.delivered += delivered;
    this.counts.ignored += ignored;
    this.counts.rejected += rejected;
  }
}
