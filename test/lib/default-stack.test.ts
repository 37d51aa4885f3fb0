import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { summarise } from './stack-summary.ts';
import { ofType, type Synthesised, synthesise } from './synthesised.ts';

const snapshot = fileURLToPath(new URL('__snapshots__/default-stack.txt', import.meta.url));

let stack: Synthesised;

beforeAll(() => {
  stack = synthesise();
});

describe('the default stack', () => {
  it('matches the reviewed snapshot; after a review: npx vitest run test/lib/default-stack.test.ts -u', async () => {
    await expect(summarise(stack)).toMatchFileSnapshot(snapshot);
  });

  it('has functions of simledger’s own only: a construct of CDK may bring others', () => {
    const functions = Object.entries(ofType(stack, 'AWS::Lambda::Function'));
    expect(functions.length).toBeGreaterThan(5);
    const foreign = functions.filter(([path, { Properties }]) => {
      const { LogGroup: logs } = (Properties['LoggingConfig'] ?? {}) as { readonly LogGroup?: unknown };
      return logs !== path.replace(/\/Function$/, '/Logs');
    });
    expect(foreign.map(([path]) => path)).toEqual([]);
    const types = new Set(Object.values(stack.resources).map(({ Type }) => Type));
    expect([...types].filter((type) => !type.startsWith('AWS::'))).toEqual([]);
  });

  it('keeps the logical ids of what holds data: under another id CloudFormation makes an empty one', () => {
    const kinds = /^AWS::(DynamoDB::Table|Kinesis::Stream|S3::Bucket|SQS::Queue|SecretsManager::Secret)$/;
    const ids = Object.entries(stack.resources)
      .filter(([, { Type: type }]) => kinds.test(type))
      .map(([path]) => [path, stack.logicalIds[path]]);
    expect(Object.fromEntries(ids)).toEqual({
      'Catalog/Results': 'CatalogResults4BE287F2',
      'DayPass/DeadLetters': 'DayPassDeadLetters33783172',
      'DayPass/Queue': 'DayPassQueueE06F749C',
      'FileIngest/DeadLetters': 'FileIngestDeadLetters16E90FB1',
      'FileIngest/Queue': 'FileIngestQueueE83F1305',
      'Lake/Accounts': 'LakeAccountsDFD01A5A',
      'Lake/Bucket': 'LakeBucketB1D32E10',
      'QueryApi/Credentials': 'QueryApiCredentialsEC0FDCBB',
      'SourceDefault/Files': 'SourceDefaultFiles9268EC45',
      'SourceDefault/Stream': 'SourceDefaultStreamDFA7D642',
      'Storage/AlertOutbox': 'StorageAlertOutbox11DE9DC6',
      'Storage/AlertState': 'StorageAlertState3BAA2048',
      'Storage/Alerts': 'StorageAlerts060022E2',
      'Storage/DayMarkers': 'StorageDayMarkers0221CC8F',
      'Storage/DayState': 'StorageDayState4EF2C98A',
      'Storage/Deliveries': 'StorageDeliveriesE42B5069',
      'Storage/Events': 'StorageEvents1AF1C090',
      'Storage/Files': 'StorageFiles48C02C92',
      'Storage/Findings': 'StorageFindingsDDE7E6E3',
      'Storage/Quarantine': 'StorageQuarantine381A7D7C',
      'Storage/SessionDays': 'StorageSessionDaysE0AEC05B',
      'Storage/Sessions': 'StorageSessionsFCE686BD',
      'Storage/SimDays': 'StorageSimDays46190049',
      'Storage/Sims': 'StorageSimsFC07BAD9',
      'Storage/Usage': 'StorageUsage9ADDA69B',
    });
  });
});
