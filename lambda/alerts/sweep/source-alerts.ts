import { digest } from '../digest.ts';
import { type Members, type SharedFacts, type SourceCause, sourceRule } from '../shared-episodes.ts';
import { findLatest, findWatermark, type SourceProgress, type Watermark } from '../watermark.ts';
import type { Register } from './register.ts';
import { type SharedPorts, updateShared } from './shared.ts';

/**
 * Alerts about sources: one incident while a source's alerts cannot be judged, with the SIMs whose alerts wait for it.
 */

/** A source alert in the register. A source has one at a time. */
export interface RegisteredSourceAlert {
  readonly id: string;
  readonly cause: SourceCause;
  readonly from: number;
  /** When sweeps first found the source in order again; absent while it is not. */
  readonly clearAt?: number;
  readonly state: 'open' | 'closed';
}

/** Why a source's alerts cannot be judged, and since when. */
export interface SourceTrouble {
  readonly cause: SourceCause;
  readonly from: number;
}

/** How long a source must be in order before its alert ends, so that a source near its limit is one incident. */
export const sourceRecovery = 10 * 60_000;

/** Must change when the meaning of the alert changes. */
const ruleVersion = '1';

/**
 * Why a source's alerts cannot be judged; undefined if they can. R comes first, because unread records may be why E
 * does not advance. If there are few SIMs, any one that is heard shows that the source delivers.
 *
 * @param watermark as it follows from the progress, without the allowance for few SIMs.
 */
export function findTrouble(progress: SourceProgress, watermark: Watermark): SourceTrouble | undefined {
  const { isReadLate, isBehind, isIndistinct, read, delivered } = watermark;
  if (isReadLate && read.at !== undefined) return { cause: 'reading-late', from: read.at };
  if (!isBehind || delivered === undefined) return undefined;
  if (!isIndistinct) return { cause: 'carrier-late', from: delivered };
  const from = findLatest(progress.heard, delivered);
  return findWatermark({ ...progress, heard: [from] }).isBehind
    ? { cause: 'carrier-or-devices', from }
    : undefined;
}

/** What a source alert depends on. */
export interface SourceAlertFacts {
  readonly source: string;
  readonly trouble: SourceTrouble | undefined;
  /** SIMs whose alerts are held back, or that are in this alert. */
  readonly members: Members;
  /** Whether the alert of a SIM already says that the source may be the cause: then this one does not open. */
  readonly isCovered: boolean;
  readonly isMuted: boolean;
}

/** What source alerts need. */
export interface SourceAlertPorts extends SharedPorts {
  readonly state: {
    readonly sourceAlerts: Pick<Register<RegisteredSourceAlert>, 'write'>;
  };
}

/**
 * Opens, amends and ends the alert of a source.
 *
 * @param entry the register's entry of the source.
 * @returns how many messages were passed on.
 */
export async function updateSourceAlert(
  facts: SourceAlertFacts,
  entry: { readonly revision: number; readonly content: readonly RegisteredSourceAlert[] },
  now: number,
  ports: SourceAlertPorts,
): Promise<number> {
  const { source } = facts;
  const [known] = entry.content;
  const next = changeSourceAlert(facts, known, `${source} ${entry.revision}`, now);
  if (next === undefined) return 0;
  if (JSON.stringify(next) !== JSON.stringify(known)) {
    const isWritten = await ports.state.sourceAlerts.write(source, [next], entry.revision);
    // Another sweep was first; the next one continues from what it wrote.
    if (!isWritten) return 0;
  }
  const { episode, told } = await updateShared(
    describeAlert(facts, next),
    { now, isHeld: facts.isMuted },
    ports,
  );
  const isOver = next.state === 'closed' && next === known && episode !== undefined;
  if (isOver && episode.messages.length === 0 && !episode.isHeld) {
    await ports.state.sourceAlerts.write(source, [], entry.revision);
  }
  return told;
}

/** The current alert; undefined if the source needs none. */
function changeSourceAlert(
  { trouble, isCovered }: SourceAlertFacts,
  known: RegisteredSourceAlert | undefined,
  name: string,
  now: number,
): RegisteredSourceAlert | undefined {
  if (known?.state === 'closed') return known;
  if (known === undefined) {
    if (trouble === undefined || (trouble.cause === 'carrier-or-devices' && isCovered)) return undefined;
    return { id: digest(JSON.stringify([sourceRule, name])).slice(0, 32), ...trouble, state: 'open' };
  }
  const { id, from } = known;
  if (trouble !== undefined) return { id, cause: trouble.cause, from, state: 'open' };
  const clearAt = known.clearAt ?? now;
  const state = now - clearAt >= sourceRecovery ? 'closed' : 'open';
  return { id, cause: known.cause, from, clearAt, state };
}

function describeAlert(
  { source, members }: SourceAlertFacts,
  { id, cause, from, clearAt, state }: RegisteredSourceAlert,
): SharedFacts {
  return {
    id,
    rule: sourceRule,
    ruleVersion,
    kind: 'source',
    severity: 'critical',
    subject: { kind: 'source', source, cause },
    state,
    from,
    to: state === 'open' ? undefined : Math.max(clearAt ?? from, from),
    members: state === 'open' ? members : { total: 0, first: [] },
    isGrowing: true,
  };
}
