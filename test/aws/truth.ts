import { exampleDeliveries } from '../../local/examples/index.ts';
import type { FleetTruth } from '../../simulator/truth.ts';
import { PlainLedger, recordsOf } from '../simulator/plain-ledger.ts';

type Partition = NonNullable<ReturnType<FleetTruth['partitions']['get']>>;
type Item = Readonly<Record<string, unknown>>;

/** What the ledger must hold of the examples, by a reader that shares no code with it. */
export async function examplesTruth(): Promise<FleetTruth> {
  const ledger = new PlainLedger();
  const { stream, files } = await exampleDeliveries();
  for (const body of stream) ledger.take({ kind: 'stream', records: recordsOf(body.data).length, ...body });
  for (const file of files) ledger.take({ kind: 'file', records: 0, ...file });
  const { sessions, usage, events } = ledger.tables;
  const sims = [sessions, usage, events].flatMap((table) =>
    [...table.values()].map(({ sim }) => String(sim)),
  );
  const partitions = [...new Set(sims)].map((sim): [string, Partition] => {
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
