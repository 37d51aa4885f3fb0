import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listDefaultRules } from '../../lib/alert-rules.ts';
import { readConfiguration } from '../../lib/configuration.ts';
import { complaintAbout, nodeWith } from './configured-node.ts';
import { synthesise } from './synthesised.ts';

/** docs/configuration.md beside the keys that are accepted, in both directions, and each key beside what it changes. */

const readPage = (name: string): string =>
  readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

const page = readPage('configuration');

/** The keys of a section's lists. */
function listDocumented(section: string): string[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [lists = ''] = text.split('\n## ');
  return [...lists.matchAll(/^- `([\w.]+)` /gm)].map(([, key = '']) => key).sort();
}

/** What a section's lists say of their keys: `range` where it is of numbers, `standard` where the default is one value. */
function readLists(
  section: string,
): { key: string; range: string | undefined; standard: string | undefined }[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [lists = ''] = text.split('\n## ');
  const items = lists.replaceAll('\n  ', ' ').matchAll(/^- `([\w.]+)` \((.+?)\):/gm);
  return [...items].map(([, key = '', said = '']) => ({
    key,
    range: /^(\d+ to \d+)(?:; |$)/.exec(said)?.[1],
    standard: /; \*\*`?([\w./-]+)`?\*\*$/.exec(said)?.[1],
  }));
}

/** The object that has a value at a path: `a.b` is `{ a: { b: value } }`. */
function placeAt(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

function valueAt(from: unknown, path: string): unknown {
  return path.split('.').reduce((value, key) => (value as Readonly<Record<string, unknown>>)[key], from);
}

/** The numbers that the complaint about another one states. */
function acceptedRange(configuration: object): string | undefined {
  return /accepted is a whole number from (\d+ to \d+) /.exec(complaintAbout(configuration))?.[1];
}

/** The keys below a path, as the complaint about a number in their place names them; none where it takes no object. */
function listKeys(path: string, place: (value: unknown) => object): string[] {
  const [, keys] =
    complaintAbout(place(-1.5))
      .split('\n')
      .map((line) => /accepted is an object with the keys (.+)$/.exec(line))
      .find((match) => match !== null) ?? [];
  if (keys === undefined) return [path];
  return keys.split(', ').flatMap((key) => {
    const below = path === '' ? key : `${path}.${key}`;
    return stops.has(below) ? [below] : listKeys(below, (value) => place({ [key]: value }));
  });
}

/** Keys that the page explains with all that is in them. */
const stops = new Set([
  'fleet',
  'adopt.tables',
  'alerts.rules',
  'receivers',
  'otlp',
  'sources',
  'lake.objectLock',
]);

test('docs/configuration.md lists every key of the stack, and no other', () => {
  const unknown = '?';
  const [, keys = ''] = /the keys (.+)$/.exec(complaintAbout({ [unknown]: 1 })) ?? [];
  const accepted = keys
    .split(', ')
    .flatMap((key) => (stops.has(key) ? [key] : listKeys(key, (value) => ({ [key]: value }))));
  expect(listDocumented('The stack')).toEqual(accepted.sort());
});

test('docs/configuration.md lists every key of a source, and no other', () => {
  const accepted = listKeys('', (value) => ({ sources: [value] }));
  expect(listDocumented('A source')).toEqual(accepted.sort());
});

test.each<[path: string, page: string, place: (value: unknown) => object]>([
  ['fleet', 'configuration', (fleet) => ({ fleet })],
  ['otlp', 'configuration', (otlp) => ({ otlp })],
  ['lake.objectLock', 'configuration', (objectLock) => ({ lake: { objectLock } })],
  ['receivers', 'alerts-delivery', (receiver) => ({ receivers: [receiver] })],
])('every key of %s stands in docs/%s.md', (_, name, place) => {
  const text = readPage(name);
  const keys = listKeys('', place);
  expect(keys.length).toBeGreaterThan(1);
  expect(keys.filter((key) => !text.includes(`"${key}":`) && !text.includes(`\`${key}\``))).toEqual([]);
});

test('docs/configuration.md has the range of every number', () => {
  const documented = ['The stack', 'A source'].map((section) =>
    readLists(section).map(({ key, range }) => [key, range]),
  );
  const stack = readLists('The stack').map(({ key }) => [key, acceptedRange(placeAt(key, -1.5))]);
  const source = readLists('A source').map(({ key }) => [
    key,
    acceptedRange({ sources: [placeAt(key, -1.5)] }),
  ]);
  expect(documented).toEqual([stack, source]);
});

/** Defaults that the page states in words, as the configuration has them. */
const wordedDefaults: Readonly<Record<string, unknown>> = {
  alarmEmail: undefined,
  'alerts.groupWait': 600_000,
  'alerts.rules': listDefaultRules([{ name: 'default', lateness: 1_800_000 }]),
  'api.corsOrigins': [],
  'consumer.parallelizationFactor': undefined,
  'days.maximumConcurrency': undefined,
  kmsKeyArn: undefined,
  'lake.objectLock': undefined,
  otlp: undefined,
  receivers: [],
};

/** Keys that become something else in the configuration: `configuration.test.ts` says what. */
const turnedKeys = ['adopt.tables', 'fleet', 'sources'];

test('docs/configuration.md has the defaults of the stack', () => {
  const standard: unknown = readConfiguration(nodeWith({}));
  const items = readLists('The stack');
  const worded = items.filter((item) => item.standard === undefined).map(({ key }) => key);
  expect(worded.sort()).toEqual([...Object.keys(wordedDefaults), ...turnedKeys].sort());
  const stated = items.filter(({ key }) => !turnedKeys.includes(key));
  expect(stated.map(({ key }) => [key, valueAt(standard, key)])).toEqual(
    stated.map(({ key, standard: said }) => [
      key,
      said === undefined ? wordedDefaults[key] : readValue(said, valueAt(standard, key)),
    ]),
  );
});

/** A default that the page states, of the same type as the configuration has it. */
function readValue(said: string, value: unknown): unknown {
  return typeof value === 'string' ? said : JSON.parse(said);
}

type Setting = Readonly<Record<string, unknown>>;

const kore = { name: 'a', carrier: 'kore', bucket: true, webhook: true };
const emnify = { name: 'a', carrier: 'emnify', organisationId: '42' };

/** For each key of the stack a value that is not its default, beside the source {@link kore}. */
const stackSettings: Readonly<Record<string, Setting>> = {
  sources: { sources: [emnify] },
  fleet: { fleet: { sims: 1_000_000, updateMinutes: 6 } },
  sessionRefresh: { sessionRefresh: 'hourly' },
  writes: { writes: 'single' },
  'retention.streamHours': { retention: { streamHours: 24 } },
  'retention.eventDays': { retention: { eventDays: 7 } },
  'retention.usageDays': { retention: { usageDays: 35 } },
  'retention.logDays': { retention: { logDays: 7 } },
  'retention.quarantineDays': { retention: { quarantineDays: 7 } },
  'retention.overwrittenFileDays': { retention: { overwrittenFileDays: 7 } },
  removal: { removal: 'destroy' },
  'adopt.tables': { adopt: { tables: { Sessions: 'restored' } } },
  otlp: { otlp: { secret: 'simledger/datadog' } },
  alarmEmail: { alarmEmail: 'operations@example.com' },
  runbook: { runbook: 'https://wiki.example.com/simledger' },
  'consumer.batchSize': { consumer: { batchSize: 500 } },
  'consumer.batchingWindowSeconds': { consumer: { batchingWindowSeconds: 5 } },
  'consumer.parallelizationFactor': { consumer: { parallelizationFactor: 4 } },
  'consumer.memoryMegabytes': { consumer: { memoryMegabytes: 512 } },
  'consumer.reservedConcurrency': { consumer: { reservedConcurrency: 8 } },
  'days.maximumConcurrency': { days: { maximumConcurrency: 7 } },
  'days.partialHours': { days: { partialHours: 12 } },
  'lake.objectLock': { lake: { objectLock: { mode: 'compliance', days: 365 } } },
  'lake.queryGigabytes': { lake: { queryGigabytes: 7 } },
  'importer.maximumConcurrency': { importer: { maximumConcurrency: 3 } },
  'api.access': { api: { access: 'iam' } },
  'api.personalData': { api: { personalData: 'never' } },
  'api.requestsPerSecond': { api: { requestsPerSecond: 7 } },
  'api.clientRequestsPerSecond': { api: { clientRequestsPerSecond: 7 } },
  'api.corsOrigins': { api: { corsOrigins: ['https://example.com'] } },
  tracing: { tracing: true },
  measuredNetworks: { measuredNetworks: 7 },
  kmsKeyArn: {
    kmsKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  },
  accessLogs: { accessLogs: true },
  'alerts.rules': { alerts: { rules: [] } },
  'alerts.groupWait': { alerts: { groupWait: '1h' } },
  'alerts.sweepMinutes': { alerts: { sweepMinutes: 15 } },
  receivers: { receivers: [{ name: 'programs', kind: 'bus' }] },
};

/** For each key of a source two sources that differ in it. */
const sourceSettings: Readonly<Record<string, readonly [Setting, Setting]>> = {
  name: [kore, { ...kore, name: 'b' }],
  carrier: [kore, { ...kore, carrier: 'twilio' }],
  organisationId: [emnify, { ...emnify, organisationId: '43' }],
  externalId: [kore, { ...kore, externalId: 'mine' }],
  principal: [kore, { ...kore, principal: 'arn:aws:iam::123456789012:root' }],
  writer: [kore, { ...kore, writer: 'user' }],
  keySerial: [
    { ...kore, writer: 'user' },
    { ...kore, writer: 'user', keySerial: 2 },
  ],
  webhook: [kore, { ...kore, webhook: false }],
  webhookRequestsPerSecond: [kore, { ...kore, webhookRequestsPerSecond: 7 }],
  bucket: [kore, { ...kore, bucket: false }],
  'stream.mode': [kore, { ...kore, stream: { mode: 'provisioned' } }],
  'stream.shards': [
    { ...kore, stream: { mode: 'provisioned' } },
    { ...kore, stream: { mode: 'provisioned', shards: 3 } },
  ],
  'stream.retentionHours': [kore, { ...kore, stream: { retentionHours: 24 } }],
  bytesPerMegabyte: [emnify, { ...emnify, bytesPerMegabyte: 1_048_576 }],
  fleet: [kore, { ...kore, fleet: { sims: 1_000_000, updateMinutes: 6 } }],
  lateness: [kore, { ...kore, lateness: '1h' }],
};

/** What is deployed with this configuration: resources and outputs. */
function deploy(simledger: Setting): unknown {
  const { resources, outputs } = synthesise({ simledger });
  return { resources, outputs };
}

test('each key of docs/configuration.md has other values above', () => {
  expect(Object.keys(stackSettings).sort()).toEqual(listDocumented('The stack'));
  expect(Object.keys(sourceSettings).sort()).toEqual(listDocumented('A source'));
});

/** Keys whose values get defaults of their own, or another unit. */
const completedKeys = ['alerts.groupWait', 'otlp', 'receivers'];

test.each(Object.entries(stackSettings).filter(([key]) => ![...turnedKeys, ...completedKeys].includes(key)))(
  'the key %s of the stack is taken as it is given',
  (key, setting) => {
    const node = nodeWith({ simledger: { sources: [kore], ...setting } });
    expect(valueAt(readConfiguration(node), key)).toEqual(valueAt(setting, key));
  },
);

test.each(Object.entries(stackSettings))('the key %s of the stack changes what is deployed', (_, setting) => {
  expect(deploy({ sources: [kore], ...setting })).not.toEqual(deploy({ sources: [kore] }));
});

test.each(Object.entries(sourceSettings))(
  'the key %s of a source changes what is deployed',
  (_, [before, after]) => {
    expect(deploy({ sources: [after] })).not.toEqual(deploy({ sources: [before] }));
  },
);
