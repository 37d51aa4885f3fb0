import { parseArgs } from 'node:util';
import type { WebhookSecret } from '../lambda/alerts/delivery/webhook.ts';
import { UnknownSourceError, UsageError } from '../lambda/errors.ts';
import { type SessionRefresh, sessionRefreshes } from '../lambda/ledger/source.ts';
import type { OtlpSecret } from '../lambda/metrics/otlp-receiver.ts';
import { type FleetOptions, fleetLosses } from '../simulator/fleet.ts';
import { otlpHeadersVariable, readOtlp } from './metrics.ts';
import { notifySecretVariable, readNotify } from './notify.ts';
import { localSources } from './places.ts';

/** What the local run replays when it starts. */
export type Replay =
  | { readonly kind: 'examples' }
  | { readonly kind: 'files'; readonly files: readonly string[]; readonly source: string }
  | SimulatedReplay
  | { readonly kind: 'nothing' };

/** A simulated fleet. */
export interface SimulatedReplay extends Pick<FleetOptions, 'sims' | 'hours' | 'losses'> {
  readonly kind: 'simulation';
  readonly seed: number;
}

/** The options of the local run. */
export interface LocalOptions {
  readonly replay: Replay;
  /** Whether to exit when everything is stored. */
  readonly once: boolean;
  /** Folder for the tables; without it, they are in memory. */
  readonly dataDirectory: string | undefined;
  /** Which Super SIM updates write their session. */
  readonly sessionRefresh: SessionRefresh;
  /** File with the rules to judge; without it, the default rules. */
  readonly rulesFile: string | undefined;
  /** Where to post alerts; undefined for nowhere. */
  readonly notify: WebhookSecret | undefined;
  /** Where to send volumes as metrics; undefined for nowhere. */
  readonly otlp: OtlpSecret | undefined;
  readonly ports: Ports;
  readonly apiCredentials: ApiCredentials;
}

/** TCP ports on loopback. */
export interface Ports {
  readonly kinesis: number;
  readonly s3: number;
  readonly dynamoDb: number;
  readonly api: number;
}

/** The environment variable of each port, and its default. */
export const portVariables = {
  kinesis: { variable: 'SIMLEDGER_KINESIS_PORT', port: 4567 },
  s3: { variable: 'SIMLEDGER_S3_PORT', port: 4569 },
  dynamoDb: { variable: 'SIMLEDGER_DYNAMODB_PORT', port: 8000 },
  api: { variable: 'SIMLEDGER_API_PORT', port: 8080 },
} as const satisfies Record<keyof Ports, { variable: string; port: number }>;

/** Credentials of the local API. */
export interface ApiCredentials {
  /** An account SID. Twilio's clients only accept one that begins with `AC`. */
  readonly account: string;
  readonly token: string;
}

/** The environment variables of the API's credentials. */
export const credentialVariables = {
  account: 'SIMLEDGER_API_ACCOUNT',
  token: 'SIMLEDGER_API_TOKEN',
} as const;

/**
 * The API's default credentials. They are not secret: every program on this machine can read the local run's tables
 * without credentials, and web pages are refused by other means. With fixed credentials, users can copy commands from
 * the documentation.
 */
export const defaultCredentials: ApiCredentials = { account: 'AClocal', token: 'local' };

/** The output of `--help`. */
export const help = `Run all of simledger on this machine

  npm start                                replay the bundled examples of all five carriers, then stay up
  npm start -- FILE…                       import your own cdr_*.csv, events_*.csv, JSON or JSON Lines files instead
  npm start -- --empty                     start with an empty ledger
  npm start -- --simulate SIMS --hours H   simulate a fleet, and check ledger and alerts against it

  --source NAME    source of the files: ${localSources.map(({ name }) => name).join(', ')} (default: ${localSources[0].name})
  --seed N         seed of the simulation (default: 1)
  --losses ${fleetLosses.join('|')}
                   what carriers lose on purpose, or nothing: findings are then checked instead of alerts
  --once           exit when everything is stored
  --data DIR       folder that keeps the tables (default: in memory)
  --session-refresh update|hourly
                   which updates write a Super SIM session: each, or one an hour (default: update)
  --rules FILE     alert rules, in the form of the configuration's alerts.rules (default: the default rules)
  --notify URL     post alerts there as webhooks, signed if ${notifySecretVariable} is set
  --otlp URL       send volumes there as metrics, with the headers in ${otlpHeadersVariable}, if set
  --help           show this help

Alerts are judged by the records' time: after a replay, up to the newest record, so that old examples and files
cause no alerts about the time since. With --empty, alerts are judged every minute, up to now.

Ports: ${Object.values(portVariables)
  .map(({ variable, port }) => `${variable} (${port})`)
  .join(', ')}
API credentials: ${credentialVariables.account} (${defaultCredentials.account}), ${credentialVariables.token} (${defaultCredentials.token})
`;

/**
 * Reads the command line and the environment.
 *
 * @returns undefined if help is requested.
 * @throws UsageError
 */
export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): LocalOptions | undefined {
  const { values, positionals } = parseOptions(args);
  if (values.help === true) return undefined;
  return {
    replay: readReplay(values, positionals),
    once: values.once ?? false,
    dataDirectory: values.data,
    sessionRefresh: readSessionRefresh(values['session-refresh']),
    rulesFile: values.rules,
    notify: values.notify === undefined ? undefined : readNotify(values.notify, env),
    otlp: values.otlp === undefined ? undefined : readOtlp(values.otlp, env),
    ports: {
      kinesis: readPort('kinesis', env),
      s3: readPort('s3', env),
      dynamoDb: readPort('dynamoDb', env),
      api: readPort('api', env),
    },
    apiCredentials: readCredentials(env),
  };
}

interface Values {
  readonly help?: boolean | undefined;
  readonly once?: boolean | undefined;
  readonly empty?: boolean | undefined;
  readonly data?: string | undefined;
  readonly 'session-refresh'?: string | undefined;
  readonly source?: string | undefined;
  readonly simulate?: string | undefined;
  readonly hours?: string | undefined;
  readonly seed?: string | undefined;
  readonly losses?: string | undefined;
  readonly rules?: string | undefined;
  readonly notify?: string | undefined;
  readonly otlp?: string | undefined;
}

function parseOptions(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        once: { type: 'boolean' },
        empty: { type: 'boolean' },
        data: { type: 'string' },
        'session-refresh': { type: 'string' },
        source: { type: 'string' },
        simulate: { type: 'string' },
        hours: { type: 'string' },
        seed: { type: 'string' },
        losses: { type: 'string' },
        rules: { type: 'string' },
        notify: { type: 'string' },
        otlp: { type: 'string' },
      },
    });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`${error.message}\n\n${help}`);
    throw error;
  }
}

function readReplay(values: Values, files: readonly string[]): Replay {
  const simulated = values.simulate !== undefined;
  if ([simulated, values.empty === true, files.length > 0].filter(Boolean).length > 1) {
    throw new UsageError('--simulate, --empty and files cannot be used together: give one of them, or none');
  }
  if (!simulated && (values.hours ?? values.seed ?? values.losses) !== undefined) {
    throw new UsageError('--hours, --seed and --losses need --simulate SIMS');
  }
  if (values.source !== undefined && files.length === 0) throw new UsageError('--source needs files');
  if (simulated) {
    return {
      kind: 'simulation',
      sims: parseWholeNumber('--simulate', values.simulate, 1, 1_000_000),
      hours: parseWholeNumber('--hours', values.hours ?? '24', 1, 24 * 31),
      seed: parseWholeNumber('--seed', values.seed ?? '1', 0, 2 ** 31),
      losses: readLosses(values.losses),
    };
  }
  if (values.empty === true) return { kind: 'nothing' };
  return files.length === 0
    ? { kind: 'examples' }
    : { kind: 'files', files, source: readSource(values.source) };
}

function readSource(name = localSources[0].name): string {
  if (localSources.some((source) => source.name === name)) return name;
  throw new UnknownSourceError(
    name,
    localSources.map((source) => source.name),
  );
}

function readLosses(given: string | undefined): SimulatedReplay['losses'] {
  const losses = fleetLosses.find((known) => known === given);
  if (given === undefined || losses !== undefined) return losses;
  throw new UsageError(`Unknown --losses ${JSON.stringify(given)}: give one of ${fleetLosses.join(', ')}`);
}

function readSessionRefresh(given = 'update'): SessionRefresh {
  const setting = sessionRefreshes.find((known) => known === given);
  if (setting !== undefined) return setting;
  const accepted = sessionRefreshes.join(', ');
  throw new UsageError(`Unknown --session-refresh ${JSON.stringify(given)}: give one of ${accepted}`);
}

function parseWholeNumber(option: string, text: string | undefined, min: number, max: number): number {
  const value = Number(text);
  if (text !== undefined && /^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new UsageError(`${option} ${JSON.stringify(text)}: give a whole number from ${min} to ${max}`);
}

/**
 * The port from the environment, or the default.
 *
 * @throws UsageError
 */
export function readPort(name: keyof Ports, env: NodeJS.ProcessEnv): number {
  const { variable, port } = portVariables[name];
  const text = env[variable];
  return text === undefined || text === '' ? port : parseWholeNumber(variable, text, 0, 65_535);
}

/** The API's credentials from the environment, or the defaults. */
function readCredentials(env: NodeJS.ProcessEnv): ApiCredentials {
  const account = env[credentialVariables.account] || defaultCredentials.account;
  const token = env[credentialVariables.token] || defaultCredentials.token;
  if (!/^AC[\w-]+$/.test(account)) {
    throw new UsageError(
      `${credentialVariables.account} ${JSON.stringify(account)}: give a SID, AC followed by letters and digits`,
    );
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError(`${credentialVariables.token}: give printable ASCII characters without blanks`);
  }
  return { account, token };
}
