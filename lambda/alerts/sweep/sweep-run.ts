import type { ClosedFindingsReader } from '../../store/closed-findings.ts';
import type { EpisodesTable } from '../../store/episodes.ts';
import type { LateRecordNotes } from '../../store/late-records.ts';
import type { MutesTable } from '../../store/mutes.ts';
import type { LedgerReader } from '../../store/reader.ts';
import type { SealedUsageReader } from '../../store/sealed-usage.ts';
import type { SimMarks } from '../../store/sim-marks.ts';
import type { GroupThreshold, groupThreshold } from '../groups.ts';
import type { Rule } from '../rules.ts';
import type { ReadMark, Watermark } from '../watermark.ts';
import type { AlertState } from './alert-state.ts';
import type { RelayPorts } from './relay.ts';
import type { maxScannedSims } from './silent-list.ts';

/** The input of a sweep, its ports, and its report. */

/** The rules to judge, as in the environment. Durations are milliseconds. */
export interface SweepSettings {
  readonly rules: readonly Rule[];
  readonly groupWait: number;
  /** How long records are kept at least; older ones may have expired. Absent if they are kept forever. */
  readonly retention?: number;
}

/** A source whose SIMs are judged, as in the environment. */
export interface SweptSource {
  readonly name: string;
  /** How much later than their own time its records may arrive, in milliseconds. */
  readonly lateness: number;
}

/** What a sweep needs. */
export interface SweepPorts extends Omit<RelayPorts, 'episodes'> {
  readonly reader: LedgerReader;
  readonly episodes: EpisodesTable;
  readonly state: AlertState;
  readonly mutes: Pick<MutesTable, 'list'>;
  /** Writes the marks of SIMs that have none; undefined if items are not written: such SIMs are judged once a day. */
  readonly marks?: Pick<SimMarks, 'write'>;
  /** Records that arrived late: their SIMs are judged again, from the time that the records are about. */
  readonly late: Pick<LateRecordNotes, 'list' | 'settle'>;
  /** Usage of sealed days, for rules about days and months; without it, these are judged by records alone. */
  readonly sealedUsage?: Pick<SealedUsageReader, 'findSealed' | 'readDays'> | undefined;
  /** Findings of closed days, for rules about findings; without it, these rules find nothing. */
  readonly closedFindings?: Pick<ClosedFindingsReader, 'findClosed' | 'listSims' | 'readDays'> | undefined;
  /** How far a source was read. */
  readonly readMark: (source: string, now: number) => Promise<ReadMark>;
  /** Called for each SIM that could not be judged; the next sweep judges it again. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds that remain for the sweep; undefined for no limit. */
  readonly measureTimeLeft?: () => number;
}

/** One sweep. */
export interface SweepRun extends SweepSettings {
  readonly sources: readonly SweptSource[];
  /** Time of the invocation, in milliseconds since the epoch. */
  readonly now: number;
  /**
   * Whether to judge all records of all SIMs, from the first one on, as is possible for some thousand SIMs. Otherwise
   * nominated SIMs are judged, from some days ago.
   */
  readonly isWhole: boolean;
  /** When SIMs that fall silent become a group; {@link groupThreshold} by default. */
  readonly groupsAbove?: GroupThreshold;
  /**
   * If there are more SIMs than this, the longest silent ones are listed for queries; {@link maxScannedSims} by
   * default.
   */
  readonly listsSilentAbove?: number;
}

/** What a sweep did. */
export interface SweepReport {
  readonly sims: number;
  /** SIMs whose records were read. */
  readonly judged: number;
  /** SIMs that could not be judged. */
  readonly failed: number;
  /** SIMs for which there was no time; the next sweep judges them first. */
  readonly left: number;
  /** Messages that were passed on. */
  readonly told: number;
  readonly sources: readonly SourceReport[];
}

/** Up to when a source is known. */
export interface SourceReport extends Watermark {
  readonly name: string;
}
