import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { expect, onTestFinished, test } from 'vitest';
import type { Receipt } from '../../lambda/ledger/receipt.ts';
import { contextCreatedOf, usageOf } from './records.ts';
import { runningLedger } from './running-ledger.ts';

const ledger = runningLedger();

test('the stream of a removed source is replayed as another source’s', async () => {
  const known = contextCreatedOf(1);
  await ledger.put('1nce', JSON.stringify(known));
  const kinesis = new KinesisClient({
    ...{ endpoint: ledger.local.endpoints.kinesis, region: 'us-east-1' },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  onTestFinished(() => kinesis.destroy());
  const StreamName = 'ledger-SourceFormerStream-x1';
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  const Records = [known, usageOf(1), usageOf(2)].map((record, index) => ({
    ...{ Data: Buffer.from(JSON.stringify(record)), PartitionKey: String(index) },
  }));
  await kinesis.send(new PutRecordsCommand({ StreamName, Records }));

  expect(await ledger.run(`replay --stream ${StreamName}`)).toEqual({
    ...{ code: 2, output: '' },
    errors: `--stream "${StreamName}" needs --source: name the source whose records it holds\n`,
  });
  const replay = `replay --stream ${StreamName} --source 1nce`;
  const { total } = await ledger.json<{ total: Receipt }>(replay);
  expect(total).toEqual({ received: 3, stored: 2, repeated: 1, ignored: 0, rejected: 0, failed: 0 });
  const { Usage = [] } = await ledger.items();
  expect(Usage.map(({ source }) => source)).toEqual([{ S: '1nce' }, { S: '1nce' }]);
  const again = await ledger.json<{ total: Receipt }>(replay);
  expect(again.total).toEqual({ ...total, stored: 0, repeated: 3 });
});
