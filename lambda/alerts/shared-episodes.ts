import { printCanonical } from './digest.ts';
import type { EpisodeState, Told, Transition, TransitionKind } from './episode.ts';
import type { GroupDimension } from './groups.ts';
import type { Rule, Severity } from './rules.ts';

/**
 * Episodes about many SIMs: a group that fell silent together, or a source that is behind. Like those of single SIMs,
 * they are facts: one episode is one incident, with one id and messages in order.
 */

/** Why a source's alerts cannot be judged. */
export const sourceCauses = [
  /** The carrier delivers later than usual. */
  'carrier-late',
  /** Its records are not read: a batch or file is unfinished, or was given up. */
  'reading-late',
  /** Nothing arrives, and so few SIMs are alive that the devices may be the cause. */
  'carrier-or-devices',
] as const;

export type SourceCause = (typeof sourceCauses)[number];

/** The subject of such an episode. */
export type SharedSubject =
  | {
      readonly kind: 'group';
      readonly by: GroupDimension;
      /** What the members share: see {@link GroupDimension}. */
      readonly value: string;
      /** Everything that the members had in common when the group was formed. */
      readonly common: Readonly<Partial<Record<GroupDimension, string>>>;
    }
  | { readonly kind: 'source'; readonly source: string; readonly cause: SourceCause };

/** A SIM as a message names it. */
export interface MemberSim {
  readonly source: string;
  readonly sim: string;
  /** Its name, in a form that may be sent. */
  readonly name?: string;
}

/** The SIMs in a message: how many, and the first of them. */
export interface Members {
  readonly total: number;
  readonly first: readonly MemberSim[];
}

/** What was sent. */
export interface ToldOfMany extends Told {
  /** How many SIMs. */
  readonly members: number;
  /** Whether more SIMs may become members. */
  readonly isGrowing: boolean;
}

/** A message to deliver, with its SIMs. Its content never changes. */
export interface SharedTransition extends Transition {
  readonly members: Members;
}

/** A stored episode about many SIMs. Times are event times, unless they say otherwise. */
export interface SharedEpisode {
  readonly id: string;
  /** The rule, or {@link sourceRule}. */
  readonly rule: string;
  readonly ruleVersion: string;
  readonly kind: Rule['kind'] | 'source';
  readonly severity: Severity;
  readonly subject: SharedSubject;
  readonly state: EpisodeState;
  readonly from: number;
  readonly to: number | undefined;
  /** SIMs that are still silent, or whose alerts are held back. */
  readonly members: Members;
  readonly isGrowing: boolean;
  readonly told: ToldOfMany | undefined;
  /** Whether a mute holds something back. */
  readonly isHeld: boolean;
  readonly sequence: number;
  /** Messages that were not passed to the receivers' outbox yet. */
  readonly messages: readonly SharedTransition[];
  /** Time of the sweep that wrote it last. An older sweep changes nothing. */
  readonly sweptAt: number;
  readonly writtenAt: number;
  /** How often it was written; conditions of writes compare it. */
  readonly revision: number;
}

/** The rule name of alerts about sources. No rule may have it. */
export const sourceRule = 'source';

/** The parts of an episode that each sweep determines anew. */
export type SharedFacts = Omit<
  SharedEpisode,
  'told' | 'isHeld' | 'sequence' | 'messages' | 'sweptAt' | 'writtenAt' | 'revision'
>;

/** How a sweep judges. */
export interface SharedJudgement {
  /** Time of the sweep. */
  readonly now: number;
  /** Whether a mute is in force. */
  readonly isHeld: boolean;
}

/**
 * An episode according to the current facts, with a message about it. A message is sent again when the number of
 * members has doubled, when the group accepts no more members, and when it ends.
 *
 * @param stored undefined if it was never written.
 * @returns undefined if there is nothing to write.
 */
export function amendShared(
  stored: SharedEpisode | undefined,
  facts: SharedFacts,
  { now, isHeld }: SharedJudgement,
): SharedEpisode | undefined {
  if (stored === undefined && facts.state !== 'open') return undefined;
  // Waiting messages must be passed on unchanged, and an older sweep knows less.
  if (stored !== undefined && (stored.messages.length > 0 || stored.sweptAt > now)) return undefined;
  const base: SharedEpisode = stored ?? {
    ...facts,
    told: undefined,
    isHeld: false,
    sequence: 0,
    messages: [],
    sweptAt: now,
    writtenAt: now,
    revision: 0,
  };
  const changed: SharedEpisode = { ...base, ...facts, sweptAt: now, isHeld: false };
  const kind = findMessage(changed);
  const next =
    kind === undefined ? changed : isHeld ? { ...changed, isHeld: true } : tellOfMany(changed, kind, now);
  const isSame = stored !== undefined && isSameShared(stored, next);
  return isSame ? undefined : { ...next, revision: next.revision + 1 };
}

/** Whether two states differ only in the sweep, which alone is not a reason to write. */
function isSameShared(a: SharedEpisode, b: SharedEpisode): boolean {
  return printCanonical({ ...a, sweptAt: 0 }) === printCanonical({ ...b, sweptAt: 0 });
}

function findMessage({ state, from, members, isGrowing, told }: SharedEpisode): TransitionKind | undefined {
  // An episode that was never sent and has ended is not sent later either.
  if (told === undefined) return state === 'open' ? 'opened' : undefined;
  if (told.state !== state) return state === 'open' ? 'reopened' : state;
  if (state !== 'open') return undefined;
  const hasGrown = members.total >= 2 * Math.max(told.members, 1);
  const isAmended = told.from !== from || told.isGrowing !== isGrowing || hasGrown;
  return isAmended ? 'amended' : undefined;
}

function tellOfMany(episode: SharedEpisode, kind: TransitionKind, foundAt: number): SharedEpisode {
  const { state, from, to, members, isGrowing } = episode;
  const times = { state, from, to };
  const sequence = episode.sequence + 1;
  return {
    ...episode,
    told: { ...times, members: members.total, isGrowing },
    sequence,
    messages: [...episode.messages, { ...times, sequence, kind, foundAt, members }],
  };
}
