import { UnreachableError } from '../../lambda/errors.ts';
import type { AlertPorts } from '../../lambda/queries/alerts.ts';
import { EpisodeReader } from '../../lambda/store/episode-reader.ts';
import { MutesTable } from '../../lambda/store/mutes.ts';
import type { CommandContext } from '../command.ts';
import { openLedgerReader } from '../deployment/ledger-reader.ts';

/** What alert commands read and write. */
export interface AlertCommandPorts extends AlertPorts {
  readonly alerts: { readonly episodes: EpisodeReader; readonly mutes: MutesTable };
}

/**
 * Opens the tables of a deployment.
 *
 * @throws UnreachableError if it has no alert tables.
 */
export function openAlertPorts({ deployment, terminal }: CommandContext): AlertCommandPorts {
  const { places, dynamoDb, title } = deployment;
  if (places.alertTables === undefined) {
    throw new UnreachableError(
      `Cannot read the alerts of ${title}: it has no alert tables. Deploy this version`,
    );
  }
  const { episodes, state } = places.alertTables;
  return {
    ...openLedgerReader(deployment, terminal.now),
    alerts: {
      episodes: new EpisodeReader(dynamoDb, episodes),
      mutes: new MutesTable(dynamoDb, state),
    },
    now: terminal.now,
  };
}
