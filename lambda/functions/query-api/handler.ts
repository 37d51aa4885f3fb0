import { join } from 'node:path';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { AlertState } from '../../alerts/sweep/alert-state.ts';
import { makeDynamoDbClient } from '../../aws/dynamodb-client.ts';
import { makeLedgerReader } from '../../aws/ledger-reader.ts';
import { consoleFolder, documentationFolder, environment, service } from '../../aws/names.ts';
import { openQuarantine } from '../../aws/quarantine-list.ts';
import { readSessionRefresh, requireEnvironment } from '../../aws/sources.ts';
import { openStoredBills } from '../../aws/stored-bills.ts';
import { openStoredDays } from '../../aws/stored-days.ts';
import { createTelemetry, describeCause } from '../../aws/telemetry.ts';
import { EpisodeReader } from '../../store/episode-reader.ts';
import { FindingsTable } from '../../store/findings.ts';
import { MutesTable } from '../../store/mutes.ts';
import type { Access } from './access.ts';
import { type Api, respond } from './api.ts';
import { ConsoleFiles } from './console.ts';
import { openCredentials } from './credentials.ts';
import { Documentation } from './documentation.ts';
import { type PersonalData, personalDataSettings } from './personal-data.ts';
import { readRequest } from './request.ts';
import { ClientThrottle } from './throttle.ts';

const telemetry = createTelemetry(service.queryApi);
const { logger } = telemetry;
const client = makeDynamoDbClient();
const days = openStoredDays(client, Date.now);

/** The function times out after 29 seconds, and API Gateway after 30: see lib/limits.ts. */
const maxSumSeconds = 20;

/** The function's folder, as Lambda names it. */
const folder = process.env['LAMBDA_TASK_ROOT'] ?? '.';

const access = readAccess(requireEnvironment(environment.apiAccess));

const api: Api = {
  reader: makeLedgerReader(client, days),
  alerts: openAlerts(),
  days,
  findings: openFindings(),
  bills: openStoredBills(client.config),
  quarantine: openQuarantine(client.config),
  now: Date.now,
  access,
  // If AWS signatures are required, a browser could not sign its requests.
  console: access.kind === 'basic' ? new ConsoleFiles(join(folder, consoleFolder)) : undefined,
  documentation: new Documentation(join(folder, documentationFolder)),
  throttle: new ClientThrottle(Number(requireEnvironment(environment.apiClientRequestsPerSecond))),
  personalData: readPersonalData(requireEnvironment(environment.apiPersonalData)),
  sessionRefresh: readSessionRefresh(),
  maxSumSeconds,
  usageDays: Number(requireEnvironment(environment.usageRetentionDays)),
  sources: JSON.parse(requireEnvironment(environment.apiSources)) as string[],
  onError: (error) => logger.error('The request failed', describeCause(error)),
};

/** Answers one request. The log contains the route and the status, but nothing about the SIM. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const started = performance.now();
  const request = readRequest(event);
  const answer = await respond(request, api);
  logger.info('Request', {
    operation: request.route?.operation ?? 'none',
    status: answer.statusCode,
    milliseconds: Math.round(performance.now() - started),
  });
  return { ...answer, headers: { ...answer.headers } };
}

/** The alert tables; undefined if there are no rules, and so the environment names no table. */
function openAlerts(): Api['alerts'] {
  const episodes = process.env[environment.alertsTable];
  if (episodes === undefined) return undefined;
  const state = requireEnvironment(environment.progressTable);
  return {
    episodes: new EpisodeReader(client, episodes),
    mutes: new MutesTable(client, state),
    state: new AlertState(client, state),
  };
}

/** The table of findings; undefined if no days are closed, and so the environment names no table. */
function openFindings(): Api['findings'] {
  const name = process.env[environment.findingsTable];
  return name === undefined ? undefined : new FindingsTable(client, name);
}

function readAccess(name: string): Access {
  if (name === 'iam') return { kind: 'iam' };
  if (name !== 'basic')
    throw new Error(`${environment.apiAccess} is ${JSON.stringify(name)}; accepted is one of basic, iam`);
  const secret = requireEnvironment(environment.apiSecret);
  return {
    kind: 'basic',
    credentials: openCredentials(client.config, secret, telemetry.reportUnreadableSecret),
  };
}

function readPersonalData(name: string): PersonalData {
  const setting = personalDataSettings.find((known) => known === name);
  const accepted = personalDataSettings.join(', ');
  if (setting === undefined)
    throw new Error(
      `${environment.apiPersonalData} is ${JSON.stringify(name)}; accepted is one of ${accepted}`,
    );
  return setting;
}
