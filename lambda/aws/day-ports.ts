import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DayPorts } from '../days/pass/ports.ts';
import { DayMarkers } from '../store/day-markers.ts';
import { DayRecordReader } from '../store/day-records.ts';
import { SessionNoteStore } from '../store/session-notes.ts';
import { SimDayStore } from '../store/sim-days.ts';
import { environment } from './names.ts';
import { requireEnvironment } from './sources.ts';

/** What the day pass works with, of the tables that the environment names, and of a lake and a queue. */
export function dayPortsFromEnvironment(
  client: DynamoDBClient,
  { lake, jobs }: Pick<DayPorts, 'lake' | 'jobs'>,
): DayPorts {
  return {
    tables: new DayRecordReader({
      client,
      sessions: requireEnvironment(environment.sessionsTable),
      usage: requireEnvironment(environment.usageTable),
      events: requireEnvironment(environment.eventsTable),
      sims: requireEnvironment(environment.simsTable),
    }),
    notes: new SessionNoteStore(client, requireEnvironment(environment.sessionDaysTable)),
    simDays: new SimDayStore(client, requireEnvironment(environment.simDaysTable)),
    markers: new DayMarkers(client, requireEnvironment(environment.dayMarkersTable)),
    lake,
    jobs,
  };
}
