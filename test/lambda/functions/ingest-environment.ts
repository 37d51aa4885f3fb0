import { environment } from '../../../lambda/aws/names.ts';
import { localSources, quarantineBucket } from '../../../local/places.ts';

/** The common environment of consumer and importer: the tables of `runningTables`, and local endpoints. */
export const ingestEnvironment = {
  [environment.sessionsTable]: 'Sessions',
  [environment.usageTable]: 'Usage',
  [environment.eventsTable]: 'Events',
  [environment.simsTable]: 'Sims',
  [environment.dayStateTable]: 'DayState',
  [environment.dayMarkersTable]: 'DayMarkers',
  [environment.progressTable]: 'AlertState',
  [environment.quarantineBucket]: quarantineBucket,
  [environment.sources]: JSON.stringify(localSources),
  [environment.eventRetentionDays]: '90',
  [environment.usageRetentionDays]: '0',
} as const;
