import { readExampleDeliveries } from '../../../local/examples/index.ts';
import type { FleetTruth } from '../../../simulator/truth.ts';
import { PlainLedger, recordsOf } from '../../simulator/plain-ledger.ts';

type Partition = NonNullable<ReturnType<FleetTruth['partitions']['get']>>;
type Item = Readonly<Record<string, unknown>>;

const { stream, files } = await readExampleDeliveries();
const streamed = new PlainLedger();
for (const body of stream) takeBody(streamed, body);
const ledger = new PlainLedger();
for (const body of stream) takeBody(ledger, body);
for (const file of files) ledger.take({ kind: 'file', records: 0, ...file });

/**
 * The receipt of replaying all examples once into an empty ledger, in records, by a reader that shares no code with it:
 * an array's element, a JSON line, a CSV row and a test event are one each, and so is a broken body.
 */
export const expectedReceipt = makeReceipt(ledger);

/** The same of what comes by stream. */
export const expectedStreamReceipt = makeReceipt(streamed);

/** What the ledger then holds. `sims` counts the SIMs that sessions, usage and events name. */
export const expectedItems = {
  sims: listPartitions().filter((sim) => !sim.startsWith('account:')).length,
  sessions: ledger.tables.sessions.size,
  usage: ledger.tables.usage.size,
  events: ledger.tables.events.size,
};

function takeBody(by: PlainLedger, body: (typeof stream)[number]): void {
  by.take({ kind: 'stream', records: recordsOf(body.data).length, ...body });
}

function makeReceipt({ counts: { delivered, ignored, rejected } }: PlainLedger) {
  return { received: delivered, ignored, rejected };
}

/** SIMs and accounts, each once. */
function listPartitions(): string[] {
  const { sessions, usage, events } = ledger.tables;
  const items = [sessions, usage, events].flatMap((table) => [...table.values()]);
  return [...new Set(items.map(({ sim }) => String(sim)))];
}

/** What the ledger must hold of the examples, by the same reader. */
export function makeExamplesTruth(): FleetTruth {
  const { sessions, usage, events } = ledger.tables;
  const partitions = listPartitions().map((sim): [string, Partition] => {
    const itemsBy = <Expected>(table: ReadonlyMap<string, Item>, key: string): Map<string, Expected> =>
      new Map(
        [...table.values()]
          .filter((item) => item['sim'] === sim)
          .map((item) => [String(item[key]), item as Expected]),
      );
    return [
      sim,
      {
        sessions: itemsBy(sessions, 'sessionId'),
        usage: itemsBy(usage, 'usageId'),
        events: itemsBy(events, 'eventKey'),
        answers: () => new Map(),
        signs: { signalled: undefined, bytes: undefined, session: undefined },
        total: { uploaded: 0, downloaded: 0, messages: 0 },
      },
    ];
  });
  return { partitions: new Map(partitions), counts: { ...ledger.counts, distinct: 0 } };
}
