import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Logger } from '@aws-lambda-powertools/logger';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { takePersonalLines } from './log-lines.ts';
import { personalIn } from './personal-data.ts';

/** Of the guard of log lines: that it reads all of them, and knows what is personal. */

const imsi = '901405100000101';
const run = promisify(execFile);

describe('a line with personal data is found', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test('that this process writes', () => {
    process.stdout.write(`${imsi} on the output, which the guard must find\n`);
    process.stderr.write(Buffer.from(`a line\n${imsi} among errors\n`));
    expect(takePersonalLines()).toEqual([
      `${imsi} in: ${imsi} on the output, which the guard must find`,
      `${imsi} in: ${imsi} among errors`,
    ]);
  });

  test('that is written to the console', () => {
    console.log('to %s', imsi);
    console.warn({ imsi });
    expect(takePersonalLines()).toEqual([`${imsi} in: to ${imsi}`, `${imsi} in: { imsi: '${imsi}' }`]);
  });

  test('that the functions’ logger writes', () => {
    new Logger({ serviceName: 'any' }).warn('A record', { imsi });
    expect(takePersonalLines()).toEqual([expect.stringContaining(`"imsi":"${imsi}"`)]);
  });

  test('that a process writes which the test starts, and that process is read as before', async () => {
    const script = `process.stdout.write('9014051'); setTimeout(() => process.stdout.write('00000101\\n'), 50);
      console.error('ü ${imsi}')`;
    const { stdout, stderr } = await run(process.execPath, ['-e', script]);
    expect([stdout, stderr]).toEqual([`${imsi}\n`, `ü ${imsi}\n`]);
    expect(takePersonalLines().sort()).toEqual([`${imsi} in: ${imsi}`, `${imsi} in: ü ${imsi}`]);
  });
});

test.each<[string, readonly string[]]>([
  [
    '{"imsi":"901405100000101","imei":"3593390759100112","old":"359339075910021f"}',
    [imsi, '3593390759100112', '359339075910021f'],
  ],
  ['msisdn=+882285100000101, at 100.64.0.1:80', ['+882285100000101', '100.64.0.1']],
  ['user@company.com, John Do, Scott Tiger', ['user@company.com', 'John Do', 'Scott Tiger']],
  ['listening on 127.0.0.1:8080 and 0.0.0.0, version 3.1162.0, {"Timestamp":1793620800000}', []],
  ['shard 49600000000000000000000000000000000000000000000000000001, SIM 8988307000000120011', []],
  ['0.123456789012345 s, 1b4e28ba-2fa1-11d2-883f-123456789012, 2026-11-02T10:00:00.000Z', []],
])('what is personal in %j', (line, values) => {
  expect(personalIn(line)).toEqual(values);
});
