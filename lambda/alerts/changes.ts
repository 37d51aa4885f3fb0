import {
  type Known,
  type RecordReference,
  referToEvent,
  referToSession,
  referToUsage,
  sortByRecord,
} from './known.ts';
import type { CountryRule, DeviceChangedRule } from './rules.ts';
import type { Span } from './span.ts';

/** Rules about a value that changed: their spans begin and end at the record that states the new value. */

/** A value that a record states. */
interface Statement<Value> {
  readonly record: RecordReference;
  readonly value: Value;
}

/** The modem that a record names. */
interface Modem {
  readonly imei: string;
  /** The two digits of the software version, which are in an IMEISV but not in an IMEI. */
  readonly software: string | undefined;
}

/** When a SIM was found in another device, in a device of another model, or with other software. */
export function findDeviceChanges({ change }: DeviceChangedRule, known: Known, watermark: number): Span[] {
  const statements = listModems(known);
  if (change === 'device') return findChanges(statements, (a, b) => a.imei !== b.imei, watermark);
  if (change === 'model') {
    const models = statements.filter(({ value }) => readModel(value) !== undefined);
    return findChanges(models, (a, b) => readModel(a) !== readModel(b), watermark);
  }
  // Only records that state the software version are compared.
  const stated = statements.filter(({ value }) => value.software !== undefined);
  return findChanges(stated, (a, b) => a.imei === b.imei && a.software !== b.software, watermark);
}

function listModems({ sessions, usage }: Known): Statement<Modem>[] {
  const statements: Statement<Modem>[] = [];
  for (const record of usage) {
    const { imei, writtenImei } = record;
    if (imei !== undefined)
      statements.push({ record: referToUsage(record), value: readModem(imei, writtenImei) });
  }
  for (const session of sessions) {
    const { device } = session.groups;
    if (device?.group.imei === undefined) continue;
    const { imei, writtenImei } = device.group;
    statements.push({ record: referToSession(session, device.at), value: readModem(imei, writtenImei) });
  }
  return statements;
}

function readModem(imei: string, writtenImei: string | undefined): Modem {
  const digits = writtenImei?.replaceAll(/\D/g, '') ?? '';
  return { imei, software: digits.length === 16 ? digits.slice(14) : undefined };
}

/** The type allocation code of an IMEI; undefined if the carrier wrote something else. */
function readModel({ imei }: Modem): string | undefined {
  return /^\d{15}$/.test(imei) ? imei.slice(0, 8) : undefined;
}

/**
 * When a SIM entered another country. Without a list of allowed countries every change counts; otherwise every arrival
 * in a country that is not allowed, including the first known one.
 */
export function findCountryChanges({ allowed }: CountryRule, known: Known, watermark: number): Span[] {
  const statements = listCountries(known);
  if (allowed === undefined) return findChanges(statements, (a, b) => a !== b, watermark);
  const isOutside = (country: string): boolean => !allowed.includes(country);
  const arrivals = findChanges(
    statements,
    (before, country) => before !== country && isOutside(country),
    watermark,
  );
  const [first] = sortByRecord(statements);
  if (first === undefined || !isOutside(first.value) || first.record.at > watermark) return arrivals;
  return [describeMoment(first.record, undefined), ...arrivals];
}

function listCountries({ sessions, usage, events }: Known): Statement<string>[] {
  const statements: Statement<string>[] = [];
  const add = (record: RecordReference, value: string | undefined): void => {
    if (value !== undefined) statements.push({ record, value });
  };
  for (const record of usage) add(referToUsage(record), record.country);
  for (const event of events) add(referToEvent(event), event.network?.country);
  for (const session of sessions) {
    const { network } = session.groups;
    if (network !== undefined) add(referToSession(session, network.at), network.group.country);
  }
  return statements;
}

/** When a value differs from the previously stated one. */
function findChanges<Value>(
  statements: readonly Statement<Value>[],
  isChange: (before: Value, after: Value) => boolean,
  watermark: number,
): Span[] {
  const spans: Span[] = [];
  let before: Statement<Value> | undefined;
  for (const statement of sortByRecord(statements)) {
    if (statement.record.at > watermark) break;
    if (before !== undefined && isChange(before.value, statement.value)) {
      spans.push(describeMoment(statement.record, before.record));
    }
    before = statement;
  }
  return spans;
}

function describeMoment(begin: RecordReference, before: RecordReference | undefined): Span {
  const { at } = begin;
  return { from: at, metAt: at, to: at, evidence: { begin, before, last: begin, end: undefined, count: 1 } };
}

/** What a record says about a block. */
type Block = 'blocked' | 'free';

/** The events that say it. Other states of a SIM, such as suspended, end a block as well. */
const blockEvents: ReadonlyMap<string, Block> = new Map([
  ['endpoint.blocked', 'blocked'],
  ['endpoint.enabled', 'free'],
  ['endpoint.disabled', 'free'],
  ['sim.activated', 'free'],
  ['sim.suspended', 'free'],
  ['sim.deleted', 'free'],
  ['pdp-context.created', 'free'],
  ['pdp-context.updated', 'free'],
]);

/** How data-limited sessions and usage are marked. */
const blockedModifier = 'blocked';

/**
 * When the carrier blocked the SIM or its data limit was reached: from the record that says so to one that says
 * otherwise. A session that continues without the mark, and usage with bytes, say otherwise. At the same time,
 * `blocked` wins.
 */
export function findBlocks(known: Known, watermark: number): Span[] {
  const spans: Span[] = [];
  let begin: RecordReference | undefined;
  let last: RecordReference | undefined;
  let count = 0;
  const close = (end: RecordReference | undefined): void => {
    if (begin === undefined || begin.at > watermark) return;
    const evidence = { begin, before: undefined, last: last ?? begin, end, count };
    spans.push({ from: begin.at, metAt: begin.at, to: end?.at, evidence });
  };
  for (const { record, value } of listBlocks(known)) {
    if (value === 'blocked') {
      begin ??= record;
      last = record;
      count += 1;
    } else if (begin !== undefined) {
      close(record);
      begin = undefined;
      last = undefined;
      count = 0;
    }
  }
  close(undefined);
  return spans;
}

/** Statements about blocks, in order, one for each time. */
function listBlocks({ sessions, usage, events, remembered = [] }: Known): Statement<Block>[] {
  const statements = remembered.map(({ record }): Statement<Block> => ({ record, value: 'blocked' }));
  for (const event of events) {
    const value = blockEvents.get(event.type);
    if (value !== undefined) statements.push({ record: referToEvent(event), value });
  }
  for (const record of usage) {
    const value = readModifier(
      record.dataModifier,
      record.dataTotal > 0 || record.sessionTotal !== undefined,
    );
    if (value !== undefined) statements.push({ record: referToUsage(record), value });
  }
  for (const session of sessions) {
    const { origin, terminal, start } = session;
    const value = readModifier(origin.group.dataModifier, terminal === undefined && origin.at > start);
    if (value !== undefined) statements.push({ record: referToSession(session, origin.at), value });
  }
  return keepOnePerMoment(sortByRecord(statements));
}

/** What a record's modifier says. Without it, only a session that continues, or bytes, say anything. */
function readModifier(modifier: string | undefined, goesOn: boolean): Block | undefined {
  if (modifier === blockedModifier) return 'blocked';
  return goesOn ? 'free' : undefined;
}

function keepOnePerMoment(sorted: readonly Statement<Block>[]): Statement<Block>[] {
  const kept: Statement<Block>[] = [];
  for (const statement of sorted) {
    const last = kept.at(-1);
    if (last === undefined || last.record.at !== statement.record.at) kept.push(statement);
    else if (last.value === 'free' && statement.value === 'blocked') kept[kept.length - 1] = statement;
  }
  return kept;
}
