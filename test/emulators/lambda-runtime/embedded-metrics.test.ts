import { expect, test } from 'vitest';
import { parseEmbeddedMetrics } from '../../../emulators/lambda-runtime/embedded-metrics.ts';

test('a line of metrics is parsed with its dimensions and sums', () => {
  const line = JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [
        {
          Namespace: 'simledger',
          Dimensions: [['service', 'source']],
          Metrics: [
            { Name: 'received', Unit: 'Count' },
            { Name: 'stored', Unit: 'Count' },
          ],
        },
      ],
    },
    service: 'kinesis-consumer',
    source: 'default',
    received: 7,
    stored: [2, 3],
  });
  const dimensions = { service: 'kinesis-consumer', source: 'default' };
  expect(parseEmbeddedMetrics(line)).toEqual([
    { namespace: 'simledger', name: 'received', value: 7, dimensions },
    { namespace: 'simledger', name: 'stored', value: 5, dimensions },
  ]);
});

test.each([
  '{"level":"INFO","message":"hello"}',
  'plain text about "CloudWatchMetrics"',
  '{"_aws":{"CloudWatchMetrics":"none"}}',
])('%s is not a line of metrics', (line) => {
  expect(parseEmbeddedMetrics(line)).toBeUndefined();
});
