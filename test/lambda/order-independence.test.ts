import { expect, test } from 'vitest';
import type { Sources } from '../../lambda/aws/sources.ts';
import { readEntries } from '../../lambda/ingest/entries.ts';
import { importFile } from '../../lambda/ingest/files/import-file.ts';
import { ingest } from '../../lambda/ingest/ingest.ts';
import type { Carrier, Source } from '../../lambda/ledger/source.ts';
import { readExampleDeliveries } from '../../local/examples/index.ts';
import { Random } from '../../simulator/random.ts';
import { Importing } from './ingest/files/importing.ts';

const importing = new Importing();

type Step =
  | {
      readonly kind: 'batch';
      readonly bodies: readonly { readonly source: Carrier; readonly data: Buffer }[];
    }
  | { readonly kind: 'file'; readonly source: Carrier; readonly key: string; readonly bytes: Buffer };

const sourceOf = (name: string): Source => ({
  name,
  carrier: name as Carrier,
  bytesPerMegabyte: 1_000_000,
});

const sources: Sources = {
  findByStream: (arn) => sourceOf(arn.slice(arn.lastIndexOf('/') + 1)),
  findByBucket: sourceOf,
};

/** Everything that the examples deliver, in another order and in batches of other sizes; some of it twice. */
async function steps(random: Random): Promise<Step[]> {
  const { stream, files } = await readExampleDeliveries();
  const again = stream.filter(() => random.decide(0.2));
  const bodies = shuffled([...stream, ...again], random);
  const batches: Step[] = [];
  while (bodies.length > 0) {
    batches.push({ kind: 'batch', bodies: bodies.splice(0, 1 + random.drawInteger(40)) });
  }
  const imports = files.map((one): Step => ({ kind: 'file', ...one }));
  return shuffled([...batches, ...imports], random);
}

function shuffled<Thing>(things: readonly Thing[], random: Random): Thing[] {
  return things
    .map((thing) => [random.drawInteger(1_000_000), thing] as const)
    .sort(([a], [b]) => a - b)
    .map(([, thing]) => thing);
}

/** Steps that may be taken at the same time. A file that looks what is there stands alone. */
function lanes(order: readonly Step[]): Step[][] {
  const found: Step[][] = [[]];
  for (const step of order) {
    if (step.kind === 'file') found.push([step], []);
    else found.at(-1)?.push(step);
  }
  return found;
}

let deliveries = 0;

async function take(step: Step): Promise<void> {
  const number = ++deliveries;
  if (step.kind === 'file') {
    const object = await importing.put(`${number}/${step.key}`, step.bytes);
    await importFile(object, sourceOf(step.source), importing.ports());
    return;
  }
  const records = step.bodies.map(({ source, data }, at) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'any',
      sequenceNumber: `${number}${at}`,
      data: data.toString('base64'),
      approximateArrivalTimestamp: Date.now() / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${number}${at}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'any',
    awsRegion: 'us-east-1',
    eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${source}`,
  }));
  const { failedDeliveries } = await ingest(readEntries(records, sources), importing.ports(), {
    readBeforeWrite: false,
  });
  expect([...failedDeliveries]).toEqual([]);
}

test('all orders, batches and repetitions of what five carriers deliver end in the same ledger', async () => {
  let first: Awaited<ReturnType<typeof importing.tables.everything>> | undefined;
  for (let seed = 1; seed <= 6; seed += 1) {
    await importing.reset();
    const random = Random.derive(seed, 0);
    const order = await steps(random);
    // Every second time all batches between two files are under way at the same time.
    for (const lane of seed % 2 === 0 ? lanes(order) : order.map((step) => [step])) {
      await Promise.all(lane.map(take));
    }
    const { Files, ...ledger } = await importing.tables.everything();
    expect(Files?.length).toBe(3);
    first ??= ledger;
    expect(ledger).toEqual(first);
  }
  expect(Object.values(first ?? {}).map((items) => items.length > 10)).toEqual([true, true, true, true]);
});
