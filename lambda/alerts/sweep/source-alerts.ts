import { digest } from '../digest.ts';
import { type Members, type SharedFacts, type SourceCause, sourceRule } from '../shared-episodes.ts';
import { findLatest, findWatermark, type SourceProgress, type Watermark } from '../watermark.ts';
import type { Register } from './register.ts';
import { type SharedPorts, updateShared } from './shared.ts';

/** Alerts about sources: one incident while a source's alerts can't be judged, with the SIMs whose alerts wait for it. */

/** A source alert as the register lists it: one at a time of a source. */
export interface RegisteredSourceAlert {
  readonly id: string;
  readonly cause: SourceCause;
  readonly from: number;
  /** When sweeps first found the source in order again; absent while it is not. */
  readonly clearAt?: number;
  readonly state: 'open' | 'closed';
}

/** Why a source's alerts can't be judged, and from when on it is not known. */
export interface SourceTrouble {
  readonly cause: SourceCause;
  readonly from: number;
}

/** How long a source must be in order before its alert ends: one that is just at its limit is one incident. */
export const sourceRecovery = 10 * 60_000;

/** Changes with what the alert means. */
const ruleVersion = '1';

/**
 * Why a source's alerts can't be judged; undefined where they can. R comes first: what is not read may be why E stands
 * still. Of few SIMs, any one that is heard shows that the source delivers.
 *
 * @param watermark as it follows from the progress, before few SIMs are made allowance for.
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

/** What a source alert follows from. */
export interface SourceAlertFacts {
  readonly source: string;
  readonly trouble: SourceTrouble | undefined;
  /** SIMs whose alerts are held back, or reported by this one. */
  readonly members: Members;
  /** Whether the alert of a SIM says already that it may be the source: then this one does not open. */
  readonly isCovered: boolean;
  readonly isMuted: boolean;
}

/** What source alerts are written with. */
export interface SourceAlertPorts extends SharedPorts {
  readonly state: {
    readonly sourceAlerts: Pick<Register<RegisteredSourceAlert>, 'write'>;
  };
}

/**
 * Opens, amends and ends the alert of a source.
 *
 * @param entry what the register lists of the source.
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
    // Another sweep was there; the next one goes on from what it wrote.
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

/** The alert as it must be now; undefined while the source needs no alert. */
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
