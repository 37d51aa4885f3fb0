import { describe, expect, it } from 'vitest';
import { environment } from '../../../lambda/aws/names.ts';
import { readSessionRefresh, readSources, writeModeFromEnvironment } from '../../../lambda/aws/sources.ts';

const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/kore';
const described = [{ name: 'kore', carrier: 'kore', bytesPerMegabyte: 1_000_000, streamArn }];

function sourceWhere(variables: Readonly<Record<string, string>>) {
  const env = { [environment.sources]: JSON.stringify(described), ...variables };
  return readSources(env).findByStream(streamArn);
}

describe('the setting for how updates write their session', () => {
  it('applies to every source', () => {
    expect(sourceWhere({ [environment.sessionRefresh]: 'hourly' }).sessionRefresh).toBe('hourly');
    expect(sourceWhere({ [environment.sessionRefresh]: 'update' }).sessionRefresh).toBe('update');
  });

  it('is "update" by default', () => {
    expect([sourceWhere({}).sessionRefresh, readSessionRefresh({})]).toEqual(['update', 'update']);
    expect([
      writeModeFromEnvironment({}),
      writeModeFromEnvironment({ [environment.writes]: 'single' }),
    ]).toEqual(['batched', 'single']);
  });

  it('refuses another value, with the value and what is accepted', () => {
    expect(() => sourceWhere({ [environment.sessionRefresh]: 'daily' })).toThrow(
      'SESSION_REFRESH is "daily"; accepted is one of update, hourly',
    );
  });
});
