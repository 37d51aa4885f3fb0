import { expect, test } from 'vitest';
import { printExport } from '../../../lambda/metrics/otlp.ts';
import { type VolumeGroup, VolumeSums } from '../../../lambda/metrics/volumes.ts';
import { readBySchema } from './collector.ts';

const group: VolumeGroup = {
  ...{
    source: 'fleet',
    carrier: 'emnify',
    country: 'DE',
    operator: 'Vodafone',
    radio: 'LTE-M',
    currency: 'EUR',
  },
  ...{ bytes: 1_500, uploaded: 1_000, downloaded: 500, cost: '0.015' },
};

const attributes = Object.entries({
  ...{
    source: 'fleet',
    carrier: 'emnify',
    country: 'DE',
    operator: 'Vodafone',
    radio: 'LTE-M',
    currency: 'EUR',
  },
}).map(([key, stringValue]) => ({ key, value: { stringValue } }));

/** A metric with one point. */
function metricWith(name: string, description: string, point: object, unit?: string) {
  const sum = { aggregationTemporality: 1, isMonotonic: true, dataPoints: [point] };
  return { name, description, ...(unit !== undefined && { unit }), sum };
}

test('volumes are delta sums in the JSON of the official schema', () => {
  const json: unknown = JSON.parse(
    printExport({
      deployment: 'my-stack',
      live: {
        from: Date.parse('2026-11-02T10:00:00Z'),
        to: Date.parse('2026-11-02T10:01:00Z'),
        groups: [group],
      },
      days: [{ day: '2026-11-01', groups: [{ ...group, radio: undefined, currency: undefined, cost: '0' }] }],
    }),
  );
  // Nothing is lost or changed by the schema, so that each member is one of it, of the right type.
  expect(readBySchema(json)).toEqual(json);
  const minute = { startTimeUnixNano: '1793613600000000000', timeUnixNano: '1793613660000000000' };
  const day = { startTimeUnixNano: '1793491200000000000', timeUnixNano: '1793577600000000000' };
  const live = { attributes, ...minute };
  const daily = { attributes: attributes.slice(0, 4), ...day };
  const of = 'Usage as it is stored:';
  const ofDay = 'Usage of a sealed UTC day:';
  expect(json).toEqual({
    resourceMetrics: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: { stringValue: 'simledger' } },
            { key: 'service.namespace', value: { stringValue: 'my-stack' } },
          ],
        },
        scopeMetrics: [
          {
            scope: { name: 'simledger' },
            metrics: [
              metricWith('endpoint.volume', `${of} all bytes`, { ...live, asInt: '1500' }, 'By'),
              metricWith(
                'endpoint.volume_tx',
                `${of} bytes that devices sent`,
                { ...live, asInt: '1000' },
                'By',
              ),
              metricWith(
                'endpoint.volume_rx',
                `${of} bytes that devices received`,
                { ...live, asInt: '500' },
                'By',
              ),
              metricWith('endpoint.cost', `${of} money, in the currency`, { ...live, asDouble: 0.015 }),
              metricWith('endpoint.daily_volume', `${ofDay} all bytes`, { ...daily, asInt: '1500' }, 'By'),
              metricWith(
                'endpoint.daily_volume_tx',
                `${ofDay} bytes that devices sent`,
                { ...daily, asInt: '1000' },
                'By',
              ),
              metricWith(
                'endpoint.daily_volume_rx',
                `${ofDay} bytes that devices received`,
                { ...daily, asInt: '500' },
                'By',
              ),
            ],
          },
        ],
      },
    ],
  });
});

test('a name that is truncated within a surrogate pair stays valid text', () => {
  const sums = new VolumeSums();
  sums.add({ ...group, operator: `${'x'.repeat(63)}📶` }, group);
  const [named] = sums.list();
  expect(named?.operator).toBe(`${'x'.repeat(63)}\ufffd`);
});
