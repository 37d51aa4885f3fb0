import { createHash } from 'node:crypto';
import { startGateway } from '../emulators/api/gateway.ts';
import { createKinesisEmulator } from '../emulators/kinesis/emulator.ts';
import { createSecretsEmulator } from '../emulators/secrets/emulator.ts';
import { environment } from '../lambda/aws/names.ts';
import type { WebhookSourceDescription } from '../lambda/aws/sources.ts';
import { makeWebhookPath, webhookRoot } from '../lambda/functions/webhook-receiver/routes.ts';
import { functions } from '../lib/limits.ts';
import { createDeployedFunction } from '../local/deployed-function.ts';
import { readDeployedFunction } from './deployed.ts';

/**
 * How long a carrier's call takes, from the first byte to the response: through the local gateway, the function as it
 * is deployed, and the emulator for Kinesis. Carriers wait for 5 seconds.
 *
 *   npx tsx bench/webhook-latency.ts          a record, a batch of 50, and 3,000 records
 *   npx tsx bench/webhook-latency.ts --json   figures under stable names
 */

const secret = 'secret';
/** The receiver as it is deployed, with its sources. */
const { memoryMegabytes, environment: variables } = readDeployedFunction('webhookReceiver');
const sources: readonly WebhookSourceDescription[] = JSON.parse(
  variables[environment.webhookSources] ?? '[]',
);
/** Milliseconds between two calls, so that the receiver accepts all of them: its limit is 100 per second and source. */
const pauseMilliseconds = 12;

/** What to post: for which source, how many records, and how often. */
const calls = [
  { source: 'emnify', records: 1, rounds: 300 },
  { source: 'kore', records: 50, rounds: 300 },
  { source: '1nce', records: 3_000, rounds: 60 },
] as const;
const warmUpRounds = 5;

/** A record of 1.3 KB with 45 members, like a carrier's usage record, different for each call. */
function makeRecord(call: number, id: number): object {
  const members = Array.from({ length: 44 }, (_, at) => [`member_${at}`, `value ${at} of a record`]);
  return { id: call * 10_000 + id, ...Object.fromEntries(members) };
}

/** The header that authenticates a source's carrier. */
function makeCredentials(source: string, url: string, body: string): Record<string, string> {
  if (source === '1nce') return { authorization: `Basic ${btoa(`user:${secret}`)}` };
  if (source === 'emnify') return { authorization: `Bearer ${secret}` };
  return { 'kore-signature': createHash('sha256').update(`${secret}POST${url}${body}`).digest('hex') };
}

/** Milliseconds of each call of a kind, in ascending order, and the bytes of one call. */
async function measure(
  base: string,
  { source, records, rounds }: (typeof calls)[number],
): Promise<{ milliseconds: number[]; bytes: number }> {
  const milliseconds: number[] = [];
  let bytes = 0;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    const body = JSON.stringify(Array.from({ length: records }, (_, id) => makeRecord(round, id)));
    bytes = Buffer.byteLength(body);
    const url = `${base}${makeWebhookPath(source)}`;
    const headers = { 'content-type': 'application/json', ...makeCredentials(source, url, body) };
    await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    const before = performance.now();
    const { status } = await fetch(url, { method: 'POST', headers, body });
    if (status !== 200) throw new Error(`${source} was answered with ${status}`);
    if (round >= 0) milliseconds.push(performance.now() - before);
  }
  return { milliseconds: milliseconds.sort((a, b) => a - b), bytes };
}

async function main(asJson: boolean): Promise<void> {
  const kinesis = createKinesisEmulator({ maximumBytesPerStream: 64 * 1024 * 1024 });
  const basic = { username: 'user', password: secret };
  const content: Record<string, object> = { emnify: { token: secret }, kore: { secret }, '1nce': basic };
  const secrets = createSecretsEmulator(
    Object.fromEntries(sources.map(({ name, secret: id }) => [id, JSON.stringify(content[name])])),
  );
  const [{ port: kinesisPort }, { port: secretsPort }] = [await kinesis.listen(0), await secrets.listen(0)];
  for (const { streamArn } of sources) kinesis.createStream(streamArn.split('/')[1] ?? '', 4);
  const receiver = await createDeployedFunction({
    ...functions.webhookReceiver,
    memoryMegabytes,
    name: 'webhook-receiver',
    environment: {
      ...variables,
      AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${kinesisPort}`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${secretsPort}`,
    },
  });
  const gateway = await startGateway(0);
  const routes = sources.map(({ name }) => ({ method: 'POST' as const, path: makeWebhookPath(name) }));
  gateway.ready([{ root: webhookRoot, routes, hasDefault: false, target: receiver }]);
  try {
    const figures = [];
    for (const call of calls) {
      const { milliseconds, bytes } = await measure(`http://127.0.0.1:${gateway.port}`, call);
      const findPercentile = (share: number) =>
        milliseconds[Math.floor(share * (milliseconds.length - 1))] ?? 0;
      figures.push({ records: call.records, bytes, p50: findPercentile(0.5), p99: findPercentile(0.99) });
    }
    show(figures, asJson);
  } finally {
    await gateway.close();
    await receiver.stop();
    await Promise.all([kinesis.close(), secrets.close()]);
  }
}

function show(
  figures: readonly { records: number; bytes: number; p50: number; p99: number }[],
  asJson: boolean,
): void {
  if (asJson) {
    console.log(JSON.stringify({ webhookLatency: figures }));
    return;
  }
  for (const { records, bytes, p50, p99 } of figures) {
    const size = `${records.toLocaleString('en-US')} records, ${Math.round(bytes / 1000).toLocaleString('en-US')} KB`;
    console.log(`${size.padEnd(28)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  }
}

await main(process.argv.includes('--json'));
