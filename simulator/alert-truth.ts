import type { Rule } from '../lambda/alerts/rules.ts';

/**
 * The alerts that a fleet's incidents must cause, derived from what the simulator makes happen. It follows
 * docs/alerts.md and shares no code with the rules that it judges.
 */

/** The facts about a device that rules use. Times are milliseconds since the epoch, in no particular order. */
export class LifeFacts {
  /** The name of its source, which is that of its carrier. */
  readonly source: string;
  /** When the device gave signs of life. */
  readonly heard: number[] = [];
  readonly attachments: number[] = [];
  readonly failures: number[] = [];
  readonly usage: { readonly at: number; readonly bytes: number }[] = [];
  /** The devices that the SIM was in, in order. */
  readonly devices: { readonly imei: string; first: number; firstUsage: number | undefined }[] = [];

  constructor(source: string) {
    this.source = source;
  }

  /** Notes that a record names a device. Call it in the order in which the SIM was in the devices. */
  noteDevice(imei: string, at: number, isUsage: boolean): void {
    let device = this.devices.find((known) => known.imei === imei);
    if (device === undefined) {
      device = { imei, first: at, firstUsage: undefined };
      this.devices.push(device);
    }
    device.first = Math.min(device.first, at);
    if (isUsage) device.firstUsage = Math.min(device.firstUsage ?? at, at);
  }
}

/** An alert that must exist at the end of a simulation. */
export interface ExpectedAlert {
  readonly rule: string;
  readonly sim: string;
  readonly state: 'open' | 'closed';
  /** The alert begins between these times, both included. They are equal if records state the time to the second. */
  readonly from: readonly [first: number, last: number];
  /** When it ends; undefined while it lasts. */
  readonly to: number | undefined;
}

/** A time span in which a rule's condition holds. */
interface Held {
  readonly from: readonly [first: number, last: number];
  readonly metAt: number;
  readonly to: number;
}

/** Whether {@link expectAlerts} supports a rule. */
export function knowsRule(rule: Rule): boolean {
  const { fleets, names, countries } = rule.match;
  if (fleets.length + names.length + countries.length > 0 || rule.pending > 0) return false;
  switch (rule.kind) {
    case 'silent':
      return rule.missing === 'everything';
    case 'usage':
      return rule.compare === 'more' && 'within' in rule;
    case 'device-changed':
      return rule.change !== 'software';
    case 'attach-loop':
    case 'session-failures':
      return true;
    default:
      return false;
  }
}

/**
 * The alerts of a rule that a SIM must have.
 *
 * @param end when the simulation ends, in milliseconds since the epoch.
 * @throws Error if the rule is not supported.
 */
export function expectAlerts(rule: Rule, sim: string, facts: LifeFacts, end: number): ExpectedAlert[] {
  if (rule.match.sources.length > 0 && !rule.match.sources.includes(facts.source)) return [];
  return joinHeld(listHeld(rule, facts, end), rule.recovery).map(({ from, to }) => {
    const isOver = rule.recovery === 0 ? to <= end : to + rule.recovery < end;
    return {
      ...{ rule: rule.name, sim, from },
      state: isOver ? 'closed' : 'open',
      to: to > end ? undefined : to,
    };
  });
}

function listHeld(rule: Rule, facts: LifeFacts, end: number): Held[] {
  switch (rule.kind) {
    case 'silent':
      return listGaps(facts.heard, rule.after, end);
    case 'attach-loop':
      return listFull(facts.attachments.map(countOne), rule.count, rule.within);
    case 'session-failures':
      return listFull(facts.failures.map(countOne), rule.count, rule.within);
    case 'usage':
      if (!('within' in rule)) break;
      return listFull(
        facts.usage.map(({ at, bytes }) => ({ at, amount: bytes })),
        rule.bytes + 1,
        rule.within,
      );
    case 'device-changed':
      return facts.devices.slice(1).map(({ first, firstUsage = end }) => {
        return { from: [first, firstUsage], metAt: first, to: firstUsage };
      });
    default:
      break;
  }
  throw new Error(`The simulator cannot tell which alerts the rule ${rule.name} must find`);
}

function countOne(at: number): Counted {
  return { at, amount: 1 };
}

/** The spans longer than `after` without a sign of life. The last one may not have ended. */
function listGaps(heard: readonly number[], after: number, end: number): Held[] {
  const times = heard.toSorted((a, b) => a - b);
  return times.flatMap((at, index): Held[] => {
    const next = times[index + 1];
    const isLong = next === undefined ? end - at >= after : next - at > after;
    return isLong ? [{ from: [at, at], metAt: at + after, to: next ?? Number.POSITIVE_INFINITY }] : [];
  });
}

interface Counted {
  readonly at: number;
  readonly amount: number;
}

/** The windows that begin with a record and contain at least `enough`. */
function listFull(counted: readonly Counted[], enough: number, within: number): Held[] {
  const sorted = counted.filter(({ amount }) => amount > 0).sort((a, b) => a.at - b.at);
  return sorted.flatMap(({ at }, index): Held[] => {
    let sum = 0;
    for (let next = index; next < sorted.length; next += 1) {
      const item = sorted[next];
      if (item === undefined || item.at >= at + within) break;
      sum += item.amount;
      if (sum >= enough) return [{ from: [at, at], metAt: item.at, to: at + within }];
    }
    return [];
  });
}

/** Merges spans that are less than the recovery time apart. */
function joinHeld(held: readonly Held[], recovery: number): Held[] {
  const joined: Held[] = [];
  for (const one of held) {
    const last = joined.at(-1);
    if (last !== undefined && one.metAt <= last.to + recovery) {
      joined[joined.length - 1] = { ...last, to: Math.max(last.to, one.to) };
    } else joined.push(one);
  }
  return joined;
}
