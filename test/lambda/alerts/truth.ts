import type { Known } from '../../../lambda/alerts/known.ts';
import { isAboutPeriods, type Rule, type SlidingUsageRule } from '../../../lambda/alerts/rules.ts';
import { at, minute } from './records.ts';

/**
 * The oracle of `findSpans`: for each minute separately, it decides whether the condition holds for a SIM. It uses no gaps,
 * windows or sorting, and is slow. All records are at whole minutes.
 */

/** The times of a span, in minutes. */
export interface TrueSpan {
  readonly from: number;
  readonly metAt: number;
  readonly to: number | undefined;
}

/** The times of an episode, in minutes. */
export interface TrueEpisode {
  readonly from: number;
  readonly to: number | undefined;
  readonly isOver: boolean;
}

/**
 * The oracle of `joinSpans`: a person with a stopwatch who checks the condition every minute, and turns an alert on and off.
 *
 * @param spans the spans that are met at the watermark.
 */
export function findTrueEpisodes(
  spans: readonly TrueSpan[],
  { pending, recovery }: { readonly pending: number; readonly recovery: number },
  watermark: number,
): TrueEpisode[] {
  const episodes: TrueEpisode[] = [];
  let alert: { from: number; to: number | undefined } | undefined;
  let candidate: TrueSpan | undefined;
  const isOver = (now: number): boolean =>
    alert?.to !== undefined && (recovery === 0 || now > alert.to + recovery);
  for (let now = 0; now <= watermark; now += 1) {
    if (alert !== undefined && isOver(now)) {
      episodes.push({ ...alert, isOver: true });
      alert = undefined;
    }
    candidate = spans.find(({ metAt }) => metAt === now) ?? candidate;
    if (candidate !== undefined && alert !== undefined) {
      alert.to = candidate.to;
      candidate = undefined;
    }
    if (candidate !== undefined && now - candidate.metAt >= pending) {
      const { from, metAt, to } = candidate;
      if (to === undefined || to - metAt >= pending) alert = { from, to };
      candidate = undefined;
    }
  }
  if (alert !== undefined) episodes.push({ ...alert, isOver: isOver(watermark) });
  return episodes;
}

/** Since when the condition holds at a minute; undefined if it does not. */
type Condition = (minutes: number) => number | undefined;

/** The examined minutes. Records are in the first half, and windows and silences are shorter than the second. */
export const horizon = 110;

/** The correct spans for a watermark, in minutes. */
export function findTrueSpans(rule: Rule, known: Known, watermark: number): TrueSpan[] {
  if (rule.kind === 'device-changed' || rule.kind === 'country') {
    return listTrueChanges(rule, known)
      .filter((minutes) => minutes <= watermark)
      .map((minutes) => ({ from: minutes, metAt: minutes, to: minutes }));
  }
  const endsByTime = isCounted(rule);
  const spans: TrueSpan[] = [];
  const condition = describeRule(rule, known, watermark);
  for (let minutes = 0; minutes <= horizon; minutes += 1) {
    const since = condition(minutes);
    const last = spans.at(-1);
    const isOpen = last !== undefined && last.to === undefined;
    if (since !== undefined && !isOpen) {
      spans.push({ from: Math.max(since, last?.to ?? since), metAt: minutes, to: undefined });
    }
    if (since === undefined && isOpen) spans[spans.length - 1] = { ...last, to: minutes };
  }
  return spans
    .filter(({ metAt }) => metAt <= watermark)
    .map((span) => (endsByTime && (span.to ?? 0) > watermark ? { ...span, to: undefined } : span));
}

function isCounted(rule: Rule): boolean {
  return 'count' in rule || (rule.kind === 'usage' && rule.compare === 'more');
}

function minutesOf(time: string | number): number {
  const milliseconds = typeof time === 'string' ? Date.parse(time) : time;
  return (milliseconds - at(0)) / minute;
}

function describeRule(rule: Rule, known: Known, watermark: number): Condition {
  switch (rule.kind) {
    case 'silent':
      return describeSilence(rule.missing, rule.after / minute, known);
    case 'stale-session':
      return describeStale(rule.after / minute, known);
    case 'attach-loop':
    case 'session-failures':
    case 'zero-byte-sessions': {
      const times = listTimes(rule.kind, known).filter((minutes) => minutes <= watermark);
      return describeDense(
        times.map((minutes) => [minutes, 1n]),
        BigInt(rule.count),
        rule.within / minute,
      );
    }
    case 'usage':
      if (isAboutPeriods(rule)) throw new Error('Periods have an oracle of their own');
      return describeUsage(rule, known, watermark);
    case 'blocked':
      return describeBlock(known);
    default:
      throw new Error(`${rule.kind} is not a condition that lasts`);
  }
}

function describeSilence(missing: string, after: number, { signs }: Known): Condition {
  const life = signs.filter(({ isSignal, hasBytes }) => isSignal || hasBytes);
  const ends = {
    everything: life,
    session: signs.filter(({ isSession, hasBytes }) => isSession || hasBytes),
    bytes: signs.filter(({ hasBytes }) => hasBytes),
  }[missing];
  const others = missing === 'bytes' ? signs.filter(({ isSession }) => isSession) : life;
  const endTimes = (ends ?? []).map(({ record }) => minutesOf(record.at));
  const otherTimes = others.map(({ record }) => minutesOf(record.at));
  return (now) => {
    const pastEnds = endTimes.filter((minutes) => minutes <= now);
    const pastOthers = otherTimes.filter((minutes) => minutes <= now);
    const since = pastEnds.length > 0 ? Math.max(...pastEnds) : Math.min(...pastOthers);
    if (missing === 'everything') return now - since >= after && pastEnds.length > 0 ? since : undefined;
    return pastOthers.some((minutes) => minutes >= since + after) ? since : undefined;
  };
}

function describeStale(after: number, { sessions, usage, events }: Known): Condition {
  const described = sessions.map((session) => ({
    start: minutesOf(session.start),
    end: session.terminal === undefined ? undefined : minutesOf(session.terminal.end),
    records: [
      minutesOf(session.start),
      minutesOf(session.origin.at),
      ...usage.filter((one) => one.sessionId === session.sessionId).map(({ end }) => minutesOf(end)),
      ...events.filter((one) => one.sessionId === session.sessionId).map(({ time }) => minutesOf(time)),
    ],
  }));
  return (now) => {
    const all = described.flatMap(({ start, end, records }) => {
      if (start > now || (end !== undefined && end <= now)) return [];
      const last = Math.max(...records.filter((minutes) => minutes <= now));
      const isFollowed = described.some(
        (other) => other.start > start && other.start >= last && other.start <= now,
      );
      return now - last >= after && !isFollowed ? [last] : [];
    });
    return all.length === 0 ? undefined : Math.min(...all);
  };
}

function listTimes(kind: string, { events, sessions, usage }: Known): number[] {
  const types: Record<string, RegExp> = {
    'attach-loop': /^(attachment\.(accepted|rejected|failed)|(gprs-)?location\.updated)$/,
    'session-failures': /^(data-session\.failed|pdp-context\.refused)$/,
  };
  const type = types[kind];
  if (type !== undefined) {
    const keys = new Map(
      events.filter((event) => type.test(event.type)).map((event) => [event.eventKey, event]),
    );
    return [...keys.values()].map(({ time }) => minutesOf(time));
  }
  const byId = new Map(sessions.map((session) => [session.sessionId, session]));
  return [...byId.values()].flatMap(({ sessionId, terminal, groups }) => {
    const stated = usage.filter((one) => one.sessionId === sessionId).map(({ dataTotal }) => dataTotal);
    const total = groups.totals?.group.dataTotal;
    if (total !== undefined) stated.push(total);
    const isEmpty = stated.length > 0 && stated.every((bytes) => bytes === 0);
    return terminal?.status === 'ended' && isEmpty ? [minutesOf(terminal.end)] : [];
  });
}

function describeDense(
  items: readonly (readonly [number, bigint])[],
  enough: bigint,
  within: number,
): Condition {
  return (now) => {
    const window = items.filter(([minutes, bytes]) => minutes > now - within && minutes <= now && bytes > 0n);
    const sum = window.reduce((total, [, bytes]) => total + bytes, 0n);
    return sum >= enough ? Math.min(...window.map(([minutes]) => minutes)) : undefined;
  };
}

function describeUsage(rule: SlidingUsageRule, known: Known, watermark: number): Condition {
  const within = rule.within / minute;
  const byKey = new Map(known.usage.map((usage) => [usage.usageId, usage]));
  const items = [...byKey.values()].map(({ end, dataTotal }) => [minutesOf(end), BigInt(dataTotal)] as const);
  if (rule.compare === 'more') {
    const past = items.filter(([minutes]) => minutes <= watermark);
    return describeDense(past, BigInt(rule.bytes) + 1n, within);
  }
  const first = Math.min(
    ...items.map(([minutes]) => minutes),
    ...known.events.map(({ time }) => minutesOf(time)),
    ...known.signs.map(({ record }) => minutesOf(record.at)),
    ...known.sessions.flatMap(({ start, origin }) => [minutesOf(start), minutesOf(origin.at)]),
  );
  return (now) => {
    if (now - within < first) return undefined;
    const sum = items
      .filter(([minutes]) => minutes > now - within && minutes <= now)
      .reduce((total, [, bytes]) => total + bytes, 0n);
    return sum < BigInt(rule.bytes) ? now - within : undefined;
  };
}

/** What the records of a minute say about a block: `blocked` wins over `free`; undefined if none says anything. */
function describeBlock({ events, usage, sessions }: Known): Condition {
  const saidAt = (minutes: number): 'blocked' | 'free' | undefined => {
    const said = [
      ...events
        .filter(({ time }) => minutesOf(time) === minutes)
        .map(({ type }) => {
          if (type === 'endpoint.blocked') return 'blocked';
          return /^(endpoint\.(en|dis)abled|sim\.(activated|suspended|deleted)|pdp-context\.(created|updated))$/.test(
            type,
          )
            ? 'free'
            : undefined;
        }),
      ...usage
        .filter(({ end }) => minutesOf(end) === minutes)
        .map(({ dataModifier, dataTotal, sessionTotal }) => {
          if (dataModifier === 'blocked') return 'blocked';
          return dataTotal > 0 || sessionTotal !== undefined ? 'free' : undefined;
        }),
      ...sessions
        .filter(({ origin }) => minutesOf(origin.at) === minutes)
        .map(({ origin, terminal, start }) => {
          if (origin.group.dataModifier === 'blocked') return 'blocked';
          return terminal === undefined && origin.at > start ? 'free' : undefined;
        }),
    ];
    if (said.includes('blocked')) return 'blocked';
    return said.includes('free') ? 'free' : undefined;
  };
  const saidAtAll = Array.from({ length: horizon + 1 }, (_, minutes) => saidAt(minutes));
  return (now) => {
    let since: number | undefined;
    for (const [minutes, said] of saidAtAll.slice(0, now + 1).entries()) {
      if (said === 'free') since = undefined;
      if (said === 'blocked') since ??= minutes;
    }
    return since;
  };
}

/** The minutes of changes. Each minute's records state one value, so no order within a minute matters. */
function listTrueChanges(rule: Rule & { kind: 'device-changed' | 'country' }, known: Known): number[] {
  const changes: number[] = [];
  let before: string | undefined;
  for (let minutes = 0; minutes <= horizon; minutes += 1) {
    const value = rule.kind === 'country' ? countryAt(known, minutes) : modemAt(rule.change, known, minutes);
    if (value === undefined) continue;
    if (isTrueChange(rule, before, value)) changes.push(minutes);
    before = value;
  }
  return changes;
}

function isTrueChange(
  rule: Rule & { kind: 'device-changed' | 'country' },
  before: string | undefined,
  value: string,
): boolean {
  if (before === value) return false;
  if (rule.kind === 'country' && rule.allowed !== undefined) return !rule.allowed.includes(value);
  if (before === undefined) return false;
  // Software is compared within one modem: `<imei>/<software>`.
  return (
    rule.kind === 'country' || rule.change !== 'software' || before.split('/')[0] === value.split('/')[0]
  );
}

function countryAt({ usage, events, sessions }: Known, minutes: number): string | undefined {
  return [
    ...usage.filter(({ end }) => minutesOf(end) === minutes).map(({ country }) => country),
    ...events.filter(({ time }) => minutesOf(time) === minutes).map(({ network }) => network?.country),
    ...sessions
      .filter(({ groups }) => groups.network !== undefined && minutesOf(groups.network.at) === minutes)
      .map(({ groups }) => groups.network?.group.country),
  ].find((country) => country !== undefined);
}

function modemAt(change: string, { usage, sessions }: Known, minutes: number): string | undefined {
  const modems = [
    ...usage.filter(({ end }) => minutesOf(end) === minutes),
    ...sessions
      .filter(({ groups }) => groups.device !== undefined && minutesOf(groups.device.at) === minutes)
      .map(({ groups }) => ({ imei: groups.device?.group.imei, writtenImei: undefined })),
  ];
  const values = modems.map(({ imei, writtenImei }) => {
    if (imei === undefined) return undefined;
    if (change === 'device') return imei;
    if (change === 'model') return /^\d{15}$/.test(imei) ? imei.slice(0, 8) : undefined;
    return writtenImei?.length === 16 ? `${imei}/${writtenImei.slice(14)}` : undefined;
  });
  return values.find((value) => value !== undefined);
}
