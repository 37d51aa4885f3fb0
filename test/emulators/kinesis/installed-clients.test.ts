import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKinesisEmulator, type KinesisEmulator } from '../../../emulators/kinesis/emulator.ts';
import { aws, installed, python } from '../installed-clients.ts';

let emulator: KinesisEmulator;
let endpoint: string;

beforeEach(async () => {
  emulator = createKinesisEmulator();
  emulator.createStream('simledger-stream', 2);
  endpoint = `http://127.0.0.1:${(await emulator.listen(0)).port}`;
});

afterEach(() => emulator.close());

describe('the Kinesis emulator', () => {
  it.skipIf(!installed.aws)('works with the AWS CLI', async () => {
    const stream = ['--stream-name', 'simledger-stream'];
    const put = await aws(
      endpoint,
      'kinesis',
      'put-record',
      ...stream,
      '--partition-key',
      'k',
      '--data',
      'aGk=',
    );
    const record = emulator
      .findStream('simledger-stream')
      ?.shards.flatMap((shard) => shard.read(0, { records: 2, bytes: 100 }))[0];
    expect(put).toEqual({
      ShardId: expect.stringMatching(/^shardId-00000000000[01]$/),
      SequenceNumber: record?.sequenceNumber,
      EncryptionType: 'NONE',
    });
    // Version 1 of the CLI takes the text as the data, version 2 takes it as base64.
    expect(['aGk=', 'hi']).toContain(record?.data.toString());
    await expect(aws(endpoint, 'kinesis', 'delete-stream', '--stream-name', 'nowhere')).rejects.toThrow(
      'An error occurred (ResourceNotFoundException)',
    );
  });

  it.skipIf(!installed.boto3)('works with boto3', async () => {
    const script = `
import boto3, datetime, json, sys
kinesis = boto3.client('kinesis', endpoint_url=sys.argv[1])
kinesis.create_stream(StreamName='other', ShardCount=1)
shards = kinesis.list_shards(StreamName='other')['Shards']
put = kinesis.put_records(StreamName='other', Records=[{'Data': bytes([0, 255]), 'PartitionKey': 'k'}, {'Data': b'b', 'PartitionKey': 'k'}])
def read(**start):
    iterator = kinesis.get_shard_iterator(StreamName='other', ShardId=shards[0]['ShardId'], **start)['ShardIterator']
    answer = kinesis.get_records(ShardIterator=iterator)
    return [[list(record['Data']), record['SequenceNumber'] in [one['SequenceNumber'] for one in put['Records']], isinstance(record['ApproximateArrivalTimestamp'], datetime.datetime)] for record in answer['Records']]
result = {
    'horizon': read(ShardIteratorType='TRIM_HORIZON'),
    'time': read(ShardIteratorType='AT_TIMESTAMP', Timestamp=datetime.datetime(2020, 1, 1)),
    'after': read(ShardIteratorType='AFTER_SEQUENCE_NUMBER', StartingSequenceNumber=put['Records'][0]['SequenceNumber']),
}
try:
    kinesis.describe_stream_summary(StreamName='nowhere')
except kinesis.exceptions.ResourceNotFoundException as error:
    result['error'] = str(error)
print(json.dumps(result))
`;
    const both = [
      [[0, 255], true, true],
      [[98], true, true],
    ];
    expect(await python(endpoint, script)).toEqual({
      horizon: both,
      time: both,
      after: both.slice(1),
      error:
        'An error occurred (ResourceNotFoundException) when calling the DescribeStreamSummary operation: Stream nowhere under account 000000000000 not found.',
    });
  });
});
