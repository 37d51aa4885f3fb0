import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { LakeBucket } from '../../lambda/aws/lake-bucket.ts';
import type { Day } from '../../lambda/days/day.ts';
import type { Marker } from '../../lambda/days/fence/markers.ts';
import { LakeReader } from '../../lambda/days/lake-reader.ts';
import type { Manifest } from '../../lambda/days/manifest.ts';
import type { OpenDay } from '../../lambda/days/open-days.ts';
import type { StoredResults } from '../../lambda/days/pass/compare-tables.ts';
import type { DayPorts } from '../../lambda/days/pass/ports.ts';
import { ConflictError } from '../../lambda/days/pass/ports.ts';
import { AttentionError } from '../../lambda/errors.ts';
import { mapConcurrently } from '../../lambda/store/concurrency.ts';
import { FenceTable } from '../../lambda/store/day-fence.ts';
import { DayMarkers } from '../../lambda/store/day-markers.ts';
import { DayRecordReader } from '../../lambda/store/day-records.ts';
import { FindingsTable } from '../../lambda/store/findings.ts';
import { OpenDaysTable } from '../../lambda/store/open-days.ts';
import { SessionNoteStore } from '../../lambda/store/session-notes.ts';
import { SimDayStore } from '../../lambda/store/sim-days.ts';
import type { Deployment } from '../deployment/deployment.ts';

/** The closed days of a deployment, as commands read them. */

/** The tables of closed days. */
export function openDayTables({
  dynamoDb: client,
  places,
}: Deployment): Pick<DayPorts, 'tables' | 'notes'> & StoredResults {
  const { sessions, usage, events, sims } = places.tables;
  const { dayState, sessionDays, simDays, findings } = places.dayTables;
  return {
    tables: new DayRecordReader({
      client,
      sessions,
      usage,
      events,
      sims,
      dayState,
      usageDays: places.usageRetentionDays,
    }),
    notes: new SessionNoteStore(client, sessionDays),
    simDays: new SimDayStore(client, simDays),
    findings: new FindingsTable(client, findings),
  };
}

/** Opens the lake. */
export function openLake({ s3, places, s3Endpoint }: Deployment): LakeBucket {
  const { region, credentials } = s3.config;
  return new LakeBucket({ region, credentials, s3Endpoint }, places.lake);
}

/** The last closed day; undefined if no day was ever closed. */
export function readClosedThrough({ dynamoDb, places }: Deployment): Promise<Day | undefined> {
  return new FenceTable(dynamoDb, places.dayTables.dayState).read();
}

/** Days that are closed but not sealed, oldest first. */
export function listOpenDays({ dynamoDb, places }: Deployment): Promise<readonly OpenDay[]> {
  return new OpenDaysTable(dynamoDb, places.dayTables.dayState).list();
}

/** The days in the lake, oldest first. */
export async function listLakeDays({ s3, places }: Deployment): Promise<Day[]> {
  const days: Day[] = [];
  let token: string | undefined;
  do {
    const answer = await s3.send(
      new ListObjectsV2Command({
        Bucket: places.lake.lake,
        Prefix: dayPrefix,
        Delimiter: '/',
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    for (const { Prefix: prefix = '' } of answer.CommonPrefixes ?? []) {
      days.push(prefix.slice(dayPrefix.length, -1));
    }
    token = answer.NextContinuationToken;
  } while (token !== undefined);
  return days;
}

const dayPrefix = 'days/day=';

/** A sealed day, and the number of buckets of its SIMs. */
export type SealedDay = Pick<Manifest, 'day' | 'buckets'>;

/** Manifests that are read concurrently. */
const concurrentReads = 16;

/** The requested days that are sealed, oldest first. */
export async function listSealedDays(
  deployment: Deployment,
  isWanted: (day: Day) => boolean,
): Promise<SealedDay[]> {
  const lake = new LakeReader(openLake(deployment));
  const stored = (await listLakeDays(deployment)).filter(isWanted);
  const found = await mapConcurrently(stored, concurrentReads, async (day) => {
    const manifest = await lake.readManifest(day);
    return manifest === undefined ? [] : [{ day, buckets: manifest.buckets }];
  });
  return found.flat();
}

/** The markers of late records, by day. */
export async function readMarkers({ dynamoDb, places }: Deployment): Promise<ReadonlyMap<Day, Marker[]>> {
  const byDay = new Map<Day, Marker[]>();
  const markers = new DayMarkers(dynamoDb, places.dayTables.dayMarkers);
  for await (const some of markers.listAll()) {
    for (const marker of some) byDay.set(marker.day, [...(byDay.get(marker.day) ?? []), marker]);
  }
  return byDay;
}

/**
 * Passes on what is read of closed days.
 *
 * @throws AttentionError if a day is read again meanwhile: its files and those that were read before do not belong together.
 */
export async function* requireUnchanged<Read>(read: AsyncIterable<Read>): AsyncGenerator<Read> {
  try {
    yield* read;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    throw new AttentionError('A day was read again while this command read it: run the command again', {
      cause: error,
    });
  }
}
