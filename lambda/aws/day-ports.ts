import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DayPorts, PartialPorts } from '../days/pass/ports.ts';
import { DayMarkers } from '../store/day-markers.ts';
import { DayRecordReader, type DayRecordTables } from '../store/day-records.ts';
import { FindingsTable } from '../store/findings.ts';
import { SessionNoteStore } from '../store/session-notes.ts';
import { SimDayStore } from '../store/sim-days.ts';
import { environment } from './names.ts';
import { readTableNames, requireEnvironment } from './sources.ts';

/** The tables of the day pass. */
export interface DayPassTables extends DayRecordTables {
  readonly sessionDays: string;
  readonly simDays: string;
  readonly findings: string;
  readonly dayMarkers: string;
}

/** What the day pass needs of tables, a lake and a queue. */
export function makeDayPorts(
  { sessionDays, simDays, findings, dayMarkers, ...tables }: DayPassTables,
  { lake, jobs }: Pick<DayPorts, 'lake' | 'jobs'>,
): DayPorts & { readonly markers: DayMarkers } {
  const { client } = tables;
  return {
    tables: new DayRecordReader(tables),
    notes: new SessionNoteStore(client, sessionDays),
    simDays: new SimDayStore(client, simDays),
    findings: new FindingsTable(client, findings),
    markers: new DayMarkers(client, dayMarkers),
    lake,
    jobs,
  };
}

/**
 * What partial passes need. Their reads are eventually consistent, which costs half as much: a partial pass is about a
 * past time anyway.
 */
export function makePartialPorts(
  tables: DayRecordTables & Pick<DayPassTables, 'simDays'>,
  others: Pick<PartialPorts, 'lake' | 'jobs' | 'maxLiveSims'>,
): PartialPorts {
  return {
    tables: new DayRecordReader(tables, { consistent: false }),
    simDays: new SimDayStore(tables.client, tables.simDays),
    ...others,
  };
}

/** The tables that the environment names. */
export function readDayTables(client: DynamoDBClient): DayPassTables {
  return {
    client,
    ...readTableNames(),
    sessionDays: requireEnvironment(environment.sessionDaysTable),
    simDays: requireEnvironment(environment.simDaysTable),
    findings: requireEnvironment(environment.findingsTable),
    usageDays: Number(requireEnvironment(environment.usageRetentionDays)),
    dayMarkers: requireEnvironment(environment.dayMarkersTable),
    dayState: requireEnvironment(environment.dayStateTable),
  };
}
