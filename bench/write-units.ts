import { createHash } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { eventsTable, sessionsTable, simsTable, usageTable } from '../lambda/store/tables.ts';
import { startLedgerTables } from '../local/ledger-tables.ts';
import { bundle, makeTemporaryFolder, type Subject, subjects } from './bundles.ts';
import { type Counts, startCountingProxy } from './counting-proxy.ts';
import { type BenchmarkOptions, type Figure, makeFigure, type Target } from './figures.ts';
import type { HandlerCost, HandlerTask } from './probes/handler.ts';
import { idempotencyTable, makeFunctionEnvironment, makePeerEnvironment, probe } from './processes.ts';
import { nameWorkload, type Workload } from './workloads.ts';

/**
 * Requests and write units for 1,000 records, as the local DynamoDB engine counts them: the first time, in the middle
 * of a stream whose SIMs and sessions are known, and when all records are delivered again.
 */

const cases: readonly Workload[] = [
  { kind: 'session', perSession: 1 },
  { kind: 'session', perSession: 5 },
  { kind: 'session', perSession: 20 },
  { kind: 'usage', perSession: 1 },
  { kind: 'event', perSession: 1 },
  { kind: 'context', perSession: 1 },
];
const records = 1_000;
const putsInRequest = 25;
/** The most SIMs whose marks move between two rounds, as test/bench/requests.test.ts counts. */
const maxMovedMarks = 30;

export async function writeUnits({ quick }: BenchmarkOptions): Promise<Figure[]> {
  const folder = makeTemporaryFolder();
  const figures: Figure[] = [];
  for (const workload of quick ? cases.slice(1, 2) : cases) {
    for (const subject of quick ? (['simledger'] as const) : (Object.keys(subjects) as Subject[])) {
      const path = await bundle(subjects[subject], folder, subject);
      const { first, again, changed } = await deliverBatch(path, workload, subject !== 'simledger');
      const name = `write-units.${nameWorkload(workload)}.${subject}`;
      const title = `${nameWorkload(workload)}, ${subject}`;
      const wanted = findWanted(workload, subject, listWrites(first));
      figures.push(
        makeFigure(`${name}.requests`, `${title}: write requests`, [listWrites(first)], '', wanted.requests),
        makeFigure(`${name}.units`, '  write units', [first.writeUnits], '', wanted.units),
        makeFigure(`${name}.reads`, '  reads', [reads(first)], ''),
        makeFigure(
          `${name}.again.requests`,
          '  again: write requests',
          [listWrites(again)],
          '',
          wanted.again,
        ),
        makeFigure(`${name}.again.units`, '  again: write units', [again.writeUnits], ''),
        makeFigure(`${name}.again.reads`, '  again: reads', [reads(again)], ''),
        makeFigure(`${name}.again.changed`, '  again: tables changed', [changed], '', wanted.changed),
      );
    }
  }
  return figures;
}

/** simledger's target; the peers have none. */
function findWanted(
  { kind, perSession }: Workload,
  subject: Subject,
  first: number,
): Partial<Record<string, Target>> {
  if (subject !== 'simledger') return {};
  if (kind === 'event' || kind === 'context') return { changed: { atMost: 0 } };
  const sessions = kind === 'session' ? records / perSession : 0;
  return {
    requests: { atMost: sessions + Math.ceil(records / putsInRequest) + maxMovedMarks },
    units: { atMost: sessions + records + maxMovedMarks },
    again: { atMost: first },
    changed: { atMost: 0 },
  };
}

interface Delivered {
  readonly first: Counts;
  readonly again: Counts;
  /** How many tables of the ledger the repeated delivery changed. */
  readonly changed: number;
}

async function deliverBatch(bundlePath: string, workload: Workload, isPeer: boolean): Promise<Delivered> {
  const engine = await startLedgerTables({ port: 0 });
  const proxy = await startCountingProxy(engine.endpoint);
  const client = new DynamoDBClient({
    endpoint: engine.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'measured', secretAccessKey: 'measured' },
  });
  const deliver = async (round: number): Promise<Counts> => {
    const task: HandlerTask = { workload, warmUp: 0, batches: 1, records, from: round };
    await probe<HandlerCost>('probes/handler.ts', {
      arguments: [bundlePath, JSON.stringify(task)],
      env: (isPeer ? makePeerEnvironment : makeFunctionEnvironment)(proxy.endpoint),
    });
    return proxy.take();
  };
  try {
    await client.send(
      new CreateTableCommand({
        TableName: idempotencyTable,
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    // SIMs and sessions first appear in a round that is not counted.
    await deliver(0);
    const first = await deliver(1);
    const before = await listDigests(client);
    const again = await deliver(1);
    const after = await listDigests(client);
    return { first, again, changed: after.filter((digest, table) => digest !== before[table]).length };
  } finally {
    client.destroy();
    proxy.stop();
    await engine.stop();
  }
}

/** A digest of each table's content. */
function listDigests(client: DynamoDBClient): Promise<string[]> {
  return Promise.all(
    [sessionsTable, usageTable, eventsTable, simsTable].map(async ({ name }) => {
      const items: string[] = [];
      for await (const { Items = [] } of paginateScan({ client }, { TableName: name })) {
        for (const item of Items) items.push(JSON.stringify(Object.entries(item).sort()));
      }
      return createHash('sha256').update(items.sort().join('\n')).digest('hex');
    }),
  );
}

/** How many requests write. */
function listWrites({ requests }: Counts): number {
  return sum(requests, (operation) => !operation.includes('Get'));
}

/**
 * How many requests read: a new process reads its SIMs, 100 per request, and the items of failed conditions, because
 * the local engine does not return these as DynamoDB does.
 */
function reads({ requests }: Counts): number {
  return sum(requests, (operation) => operation.includes('Get'));
}

function sum(requests: Counts['requests'], isCounted: (operation: string) => boolean): number {
  return Object.entries(requests).reduce(
    (total, [operation, count]) => total + (isCounted(operation) ? count : 0),
    0,
  );
}
