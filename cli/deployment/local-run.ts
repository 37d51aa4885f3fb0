import { localRegion } from '../../emulators/aws-json-protocol.ts';
import { makeProcessFence } from '../../lambda/aws/process-fence.ts';
import type { KnownSource } from '../../lambda/aws/sources.ts';
import { UnreachableError } from '../../lambda/errors.ts';
import { makeWebhookPath } from '../../lambda/functions/webhook-receiver/routes.ts';
import { descriptionPath, type LocalDescription, localDescription } from '../../local/description.ts';
import { portVariables, readPort } from '../../local/options.ts';
import { announceChunks } from '../../local/writers.ts';
import type { ConnectionValues } from '../connect/portal-forms.ts';
import { checkPlaces, checkVersion, reportOk, reportProblem, reportWarning } from './checks.ts';
import { Clients, ConnectedDeployment, readPlaces } from './clients.ts';
import type { Check, Deployment, OpenAlarm, SourceTraffic } from './deployment.ts';

const title = 'the local run';

/**
 * Finds the local run of this machine by the port of its API.
 *
 * @throws UnreachableError if no local run listens there. UsageError if the port is invalid.
 */
export async function openLocalRun(env: NodeJS.ProcessEnv): Promise<Deployment> {
  const address = `http://127.0.0.1:${readPort('api', env)}`;
  return new LocalRun(address, await describe(address));
}

async function describe(address: string): Promise<LocalDescription> {
  const answer = await fetch(`${address}${descriptionPath}`, { signal: AbortSignal.timeout(10_000) }).catch(
    (error: unknown) => {
      throw new UnreachableError(
        `No local run answers at ${address}: start one with npm start, or set ${portVariables.api.variable} to its port`,
        { cause: error },
      );
    },
  );
  if (answer.status === 503) throw new UnreachableError(`The local run at ${address} is still starting`);
  const description = localDescription.safeParse(await answer.json().catch(() => undefined));
  if (description.success) return description.data;
  throw new UnreachableError(
    `${address} is not a local run of this version: set ${portVariables.api.variable} to the port of one`,
  );
}

const access = {
  region: localRegion,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
};

class LocalRun extends ConnectedDeployment implements Deployment {
  readonly shardPauseMilliseconds = 0;
  readonly closesAtOnce = true;
  readonly #address: string;
  readonly #kinesis: string;

  constructor(address: string, { endpoints, outputs }: LocalDescription) {
    super(title, readPlaces(outputs, title), new Clients(access, endpoints), (client, names) =>
      // The local run closes days as soon as all writers are idle.
      announceChunks(makeProcessFence(client, names, { cacheMilliseconds: 0 }), endpoints.writers),
    );
    this.#address = address;
    this.#kinesis = endpoints.kinesis;
  }

  async readTraffic(): Promise<readonly SourceTraffic[]> {
    const { traffic } = await describe(this.#address);
    return traffic.map(({ lastRecord, ...others }) => ({ ...others, lastRecord: lastRecord ?? undefined }));
  }

  async openAlarms(): Promise<readonly OpenAlarm[] | undefined> {
    return undefined;
  }

  describeConnection({ name, streamArn = '', bucket }: KnownSource): ConnectionValues {
    return {
      region: localRegion,
      streamName: streamArn.slice(streamArn.lastIndexOf('/') + 1),
      ...{ streamArn, bucket, endpoint: this.#kinesis },
      accessKey: 'any',
      callback: {
        url: `${this.#address}${makeWebhookPath(name)}`,
        credential:
          'account and token of the API, which npm start prints; the token is secret and auth token too',
      },
    };
  }

  async *checkConnection({ name }: KnownSource): AsyncGenerator<Check> {
    const { functions: running, traffic } = await describe(this.#address);
    yield {
      subject: `consumer of ${name}`,
      ...(running.includes('kinesis-consumer')
        ? reportOk('is running')
        : reportProblem('is not running: start the local run again')),
    };
    const received = traffic.find(({ source }) => source === name)?.hour.received ?? 0;
    yield {
      subject: `records of ${name}`,
      ...(received > 0
        ? reportOk(`${received} received in the last hour`)
        : reportWarning('none received in the last hour: send one to the endpoint or the address above')),
    };
  }

  async *runChecks(): AsyncGenerator<Check> {
    yield* checkLocalRun(this, await describe(this.#address));
  }
}

/** Functions that the local run must have. */
const functions = ['kinesis-consumer', 'file-importer', 'query-api', 'webhook-receiver'];

/** Checks the local run. */
async function* checkLocalRun(
  deployment: Deployment,
  { functions: running }: LocalDescription,
): AsyncGenerator<Check> {
  yield checkVersion(deployment);
  for (const name of functions) {
    yield {
      subject: `function ${name}`,
      ...(running.includes(name)
        ? reportOk('is running')
        : reportProblem('is not running: start the local run again')),
    };
  }
  yield* checkPlaces(deployment);
}
