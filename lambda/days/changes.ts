import { printRow } from './digests.ts';
import { compareTexts, type SimRows } from './rows.ts';

/** What changes in a new version of a day. */

/** The kinds of rows whose changes are listed. Other renderings only decide which rows count. */
export type ListedKind = 'usage' | 'events' | 'sessions';

/**
 * - `added`: the row is new.
 * - `changed`: its content differs.
 * - `moved`: it is no longer a row of the day: the session ended later after all, or another rendering is more
 *   complete.
 */
export type ChangeKind = 'added' | 'changed' | 'moved';

/** One row that differs from the previous version. */
export interface RowChange {
  readonly kind: ListedKind;
  readonly sim: string;
  /** The row's key: `usageId`, `eventKey` or `sessionId`. */
  readonly id: string;
  readonly change: ChangeKind;
}

const readKeys = {
  usage: (rows: SimRows) => rows.usage.map((row) => [row.usageId, row] as const),
  events: (rows: SimRows) => rows.events.map((row) => [row.eventKey, row] as const),
  sessions: (rows: SimRows) => rows.sessions.map((row) => [row.sessionId, row] as const),
};

/** The differences between two versions of a SIM's rows. */
export function diffRows(sim: string, before: SimRows, after: SimRows): RowChange[] {
  return (['usage', 'events', 'sessions'] as const).flatMap((kind) => {
    const [old, now] = [before, after].map(
      (rows) => new Map(readKeys[kind](rows).map(([id, row]) => [id, printRow(kind, row)])),
    );
    if (old === undefined || now === undefined) return [];
    const ids = [...new Set([...old.keys(), ...now.keys()])];
    return ids.flatMap((id): RowChange[] => {
      const change = compareRows(old.get(id), now.get(id));
      return change === undefined ? [] : [{ kind, sim, id, change }];
    });
  });
}

function compareRows(old: string | undefined, now: string | undefined): ChangeKind | undefined {
  if (old === now) return undefined;
  if (old === undefined) return 'added';
  return now === undefined ? 'moved' : 'changed';
}

/** The combined change of two consecutive changes of a row. */
const together: Readonly<Record<ChangeKind, Readonly<Record<ChangeKind, ChangeKind | undefined>>>> = {
  added: { added: 'added', changed: 'added', moved: undefined },
  changed: { added: 'changed', changed: 'changed', moved: 'moved' },
  moved: { added: 'changed', changed: 'changed', moved: 'moved' },
};

/**
 * The combined changes of two steps. If both have the same change, as when a step is repeated after a crash, it counts
 * once.
 *
 * @returns in the order of kind, SIM and id.
 */
export function joinChanges(earlier: readonly RowChange[], later: readonly RowChange[]): RowChange[] {
  const joined = new Map(earlier.map((change) => [identify(change), change]));
  for (const change of later) {
    const key = identify(change);
    const before = joined.get(key);
    const result = before === undefined ? change.change : together[before.change][change.change];
    if (result === undefined) joined.delete(key);
    else joined.set(key, { ...change, change: result });
  }
  return [...joined].sort(([a], [b]) => compareTexts(a, b)).map(([, change]) => change);
}

function identify({ kind, sim, id }: RowChange): string {
  return `${kind}\n${sim}\n${id}`;
}
