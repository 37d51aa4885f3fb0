import { redactText } from '../../queries/disclosure.ts';
import type { EpisodeState, TransitionKind } from '../episode.ts';
import type { SourceCause } from '../shared-episodes.ts';
import type { AlertKind, AlertSim, AlertSubject, AlertTransition } from './transition.ts';

/** Transitions as text, short enough for the screen of a phone. */

const kindTitles: Readonly<Record<AlertKind, string>> = {
  silent: 'Silent',
  'attach-loop': 'Attach loop',
  'device-changed': 'Device changed',
  country: 'Country',
  usage: 'Usage',
  blocked: 'Blocked',
  'session-failures': 'Session failures',
  'zero-byte-sessions': 'Sessions without data',
  'stale-session': 'Stale session',
  finding: 'Finding',
  source: 'Source behind',
};

const transitionTitles: Readonly<Record<TransitionKind, string>> = {
  opened: '',
  amended: 'Update: ',
  reopened: 'Open again: ',
  closed: 'Ended: ',
  merged: 'Merged: ',
  withdrawn: 'Withdrawn: ',
  'rule-changed': 'Ended by a changed rule: ',
};

/** The most characters of a name in a message. */
const maxNameLength = 80;

/** Numbers as long as an IMSI, IMEI or MSISDN, and phone numbers as people write them. */
const longNumber = /\+\d[\d ()/-]{6,}\d|\d{10,}/g;

/**
 * A SIM's name for a message. People may put anything into names, so long numbers (IMSI, IMEI, MSISDN), IP addresses
 * and mail addresses are removed. The SIM's own key may stay, because the message contains it anyway.
 *
 * @returns undefined if nothing is left.
 */
export function tellName({ sim, name = '' }: Pick<AlertSim, 'sim' | 'name'>): string | undefined {
  const oneLine = name.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  const told = oneLine === sim ? oneLine : redactText(oneLine, undefined, new Set()).replace(longNumber, '…');
  const cut = told.length > maxNameLength ? `${told.slice(0, maxNameLength - 1).toWellFormed()}…` : told;
  return /[^…\s]/.test(cut) ? cut : undefined;
}

/**
 * One sentence that says what happened, for example `Silent: van 17 since 2026-11-02 14:02 UTC`.
 *
 * @param told the episode's state in the previous message to the reader; undefined if unknown.
 */
export function writeHeadline(transition: AlertTransition, told?: EpisodeState): string {
  const { kind, rule, subject, state } = transition;
  const isReopened = kind === 'amended' && state === 'open' && told !== undefined && told !== 'open';
  const what = `${kindTitles[rule.kind]}: ${nameSubject(subject)}`;
  return `${isReopened ? 'Open again: ' : transitionTitles[kind]}${what}${writePeriod(transition)}`;
}

/** The lines below the headline, one fact each. */
export function writeDetails({ rule, subject, mergedInto }: AlertTransition): string[] {
  const { name, severity } = rule;
  const lines = [`Rule ${name} (${severity})`];
  if (subject.kind === 'sim') {
    const { sim, source, country, network, isSourceInDoubt } = subject;
    const place = [network, country].filter((part) => part !== undefined).join(', ');
    lines.push(`SIM ${sim} of source ${source}${place === '' ? '' : `, last in ${place}`}`);
    if (isSourceInDoubt)
      lines.push(`Nothing else arrived from source ${source} since then: the source may be the cause`);
  }
  if (subject.kind === 'source') {
    lines.push(causes[subject.cause]);
    if (subject.members.total > 0)
      lines.push(`Alerts of ${writeCount(subject.members.total)} are held back:`);
  }
  if (subject.kind !== 'sim' && subject.members.total > 0) {
    const shown = subject.members.first.slice(0, 3).map((member) => tellName(member) ?? member.sim);
    const others = subject.members.total - shown.length;
    lines.push(`${shown.join(', ')}${others > 0 ? ` and ${others} more` : ''}`);
  }
  if (mergedInto !== undefined) lines.push(`Continues as episode ${mergedInto}`);
  return lines;
}

/** Why alerts of a source cannot be judged. */
const causes: Readonly<Record<SourceCause, string>> = {
  'carrier-late': 'The carrier delivers later than usual',
  'reading-late': 'The carrier’s records are not read yet',
  'carrier-or-devices': 'Nothing arrives from the carrier, or its few devices are silent',
};

function writeCount(sims: number): string {
  return sims === 1 ? '1 SIM' : `${sims} SIMs`;
}

function nameSubject(subject: AlertSubject): string {
  switch (subject.kind) {
    case 'sim':
      return tellName(subject) ?? subject.sim;
    case 'group':
      return subject.members.total === 0
        ? `SIMs with ${subject.by} ${subject.value}`
        : `${writeCount(subject.members.total)} with ${subject.by} ${subject.value}`;
    case 'source':
      return subject.source;
  }
}

function writePeriod({ from, to }: AlertTransition): string {
  if (to === undefined) return ` since ${writeMinute(from)} UTC`;
  if (to === from) return ` at ${writeMinute(from)} UTC`;
  const isSameDay = to.slice(0, 10) === from.slice(0, 10);
  const end = isSameDay ? to.slice(11, 16) : writeMinute(to);
  return ` from ${writeMinute(from)} to ${end} UTC (${writeDuration(Date.parse(to) - Date.parse(from))})`;
}

/** For example `2026-11-02 14:02`. */
function writeMinute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

/** The two largest units, for example `3 h 10 min` or `2 d 4 h`. */
function writeDuration(milliseconds: number): string {
  const minutes = Math.max(0, Math.round(milliseconds / 60_000));
  const parts = [
    [Math.floor(minutes / 1_440), 'd'],
    [Math.floor((minutes % 1_440) / 60), 'h'],
    [minutes % 60, 'min'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 min';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
