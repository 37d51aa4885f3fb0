import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { carriers } from '../../../lambda/ledger/source.ts';
import { runningLedger } from '../running-ledger.ts';
import { WatchedCommand } from '../watched-command.ts';

const ledger = runningLedger();

const testEvent = JSON.stringify({
  ...{ specversion: '1.0', type: 'com.kore.eventstreams.test.event', source: 'kore-events', id: 'one' },
  ...{ time: '2026-11-02T10:00:00Z', data: { test_id: 'b2f5e3a1' } },
});

function watch(...args: readonly string[]): WatchedCommand {
  return new WatchedCommand(['--local', ...args], ledger.env);
}

/** The carrier's example records, one per line. */
async function exampleLines(carrier: string): Promise<string[]> {
  const file = new URL(`../../../local/examples/${carrier}.jsonl`, import.meta.url);
  return (await readFile(file, 'utf8')).trim().split('\n');
}

describe('connect', () => {
  test('prints the values for the portal field by field, and no secret', async () => {
    const { kinesis, api } = ledger.local.endpoints;
    const { code, output, errors } = await ledger.run('connect 1nce --no-wait');
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect(output.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['The 1NCE portal: Configuration, Data Streamer, New Data Stream'],
      ['API Type', 'AWS Kinesis'],
      ['Stream Type', 'Usage Data & Events'],
      ['Stream historic data', 'on, to start with the last 7 days'],
      ['Endpoint', kinesis],
      ['AWS Region', 'us-east-1'],
      ['Stream Name', 'simledger-stream-1nce'],
      ['AWS Access Key, AWS Secret Key', 'any'],
      ['S3 Bucket, for a stream of CSV files', 'simledger-files-1nce'],
      [''],
      ['The 1NCE portal: Configuration, Data Streamer, New Data Stream'],
      ['API Type', 'RestAPI (Bulk)'],
      ['Stream Type', 'Usage Data & Events'],
      ['Stream historic data', 'on, to start with the last 7 days'],
      ['API Callback URL', `${api}/v1/ingest/1nce`],
      [
        'Username, Password (Basic Auth)',
        'account and token of the API, which npm start prints; the token is secret and auth token too',
      ],
      [''],
      [''],
    ]);
    expect(output).not.toContain(ledger.credentials.account);
  });

  test('says when the first request, test event and record came, and shows the record masked', async () => {
    const line = (await exampleLines('kore')).at(-2) ?? '';
    const command = watch('connect', 'kore');
    await command.prints('Waiting for the first record of kore');
    await ledger.put('kore', 'no JSON');
    await command.prints('A record of 7 bytes cannot be read: ');
    await ledger.put('kore', testEvent);
    await command.prints('Its test_id, if the portal asks for it: b2f5e3a1');
    await ledger.put('kore', line);
    expect(await command.code).toBe(0);
    expect(command.errors).toBe('');
    const said = command.output
      .slice(command.output.indexOf('Waiting'))
      .replace(/\d{4}-\d\d-\S+Z (?=[TA])/g, '');
    expect(said.match(/^The first re.*$/gm)).toEqual([
      'The first request has arrived at the stream.',
      'The first record has arrived.',
    ]);
    const { imsi } = JSON.parse(line).data as { imsi: string };
    expect(imsi).toMatch(/^\d{15}$/);
    expect(said).toContain('\n  sims     {');
    expect(said).toContain(`"imsi":"…${imsi.slice(-4)}"`);
    expect(said).not.toContain(imsi);
  });

  test('prints one JSON value, with personal values on request', async () => {
    const line = (await exampleLines('kore')).at(-1) ?? '';
    const command = watch('--json', '--reveal', 'connect', 'kore');
    await command.prints('Waiting for the first record of kore');
    await ledger.put('kore', testEvent, line);
    expect(await command.code).toBe(0);
    const { imsi } = JSON.parse(line).data as { imsi: string };
    const printed = JSON.parse(command.output) as { record: { table: string; item: { imsi?: string } }[] };
    expect(printed).toMatchObject({
      ...{ deployment: 'the local run', source: 'kore', testIds: ['b2f5e3a1'] },
      firstRequest: expect.stringMatching(/Z$/),
      forms: [{}, {}],
    });
    expect(printed.record.map(({ item }) => item.imsi)).toContain(imsi);
  });

  test('names possible causes if nothing arrives, and ends at Ctrl-C', async () => {
    const command = watch('connect', 'emnify', '--hint', '1');
    await command.prints("Look for delivery errors in the carrier's portal.");
    expect(await command.interrupt()).toBe(130);
    expect(command.output).toContain(
      [
        'No record for 1 seconds. These checks may show why:',
        '    consumer of emnify: is running',
        '  ! records of emnify: none received in the last hour: send one to the endpoint or the address above',
        "  Look for delivery errors in the carrier's portal.",
      ].join('\n'),
    );
  });

  test('lists the sources if the given one is unknown', async () => {
    expect(await ledger.run('connect fleet --no-wait')).toEqual({
      code: 2,
      output: '',
      errors: `Unknown source "fleet". Sources here: default, ${carriers.join(', ')}\n`,
    });
  });
});
