import { describe, expect, test } from 'vitest';
import { UsageError } from '../../lambda/errors.ts';
import { carriers } from '../../lambda/ledger/source.ts';
import { help, type LocalOptions, readOptions } from '../../local/options.ts';

const ports = { kinesis: 4567, s3: 4569, dynamoDb: 8000, api: 8080 };
const usual = {
  replay: { kind: 'examples' },
  once: false,
  dataDirectory: undefined,
  sessionRefresh: 'update',
  rulesFile: undefined,
  notify: undefined,
  ports,
};

function options(...args: string[]): LocalOptions | undefined {
  return readOptions(args, {});
}

/** What is said about options that can't be used. */
function complaint(args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  try {
    readOptions(args, env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return expect.fail('The options were accepted');
}

describe('the options of the local run', () => {
  test('by default replay the examples and stay up', () => {
    expect(options()).toMatchObject(usual);
  });

  test('accept files, for the default source or another one', () => {
    const files = ['a.csv', 'b.jsonl'];
    expect(options(...files, '--once')).toMatchObject({
      ...usual,
      once: true,
      replay: { kind: 'files', files, source: 'default' },
    });
    expect(options('--source', 'emnify', ...files)).toMatchObject({
      ...usual,
      replay: { kind: 'files', files, source: 'emnify' },
    });
  });

  test('accept a simulated fleet, by default with a day and the first seed', () => {
    expect(options('--simulate', '1000')?.replay).toEqual({
      kind: 'simulation',
      sims: 1000,
      hours: 24,
      seed: 1,
    });
    const asked = options('--simulate', '5', '--hours', '2', '--seed', '0', '--losses', 'planted');
    expect(asked?.replay).toEqual({ kind: 'simulation', sims: 5, hours: 2, seed: 0, losses: 'planted' });
  });

  test('start with an empty ledger, and keep the tables', () => {
    expect(options('--empty', '--data', 'kept')).toMatchObject({
      ...usual,
      replay: { kind: 'nothing' },
      dataDirectory: 'kept',
    });
  });

  test('say which updates write their session', () => {
    expect(options('--session-refresh', 'hourly')).toMatchObject({ ...usual, sessionRefresh: 'hourly' });
    expect(options('--session-refresh', 'update', '--once')).toMatchObject({ ...usual, once: true });
  });

  test('name a file of rules, and an address to which alerts are posted, signed if the environment has a secret', () => {
    const url = new URL('http://127.0.0.1:3000/alerts');
    expect(options('--rules', 'rules.json', '--notify', url.href)).toMatchObject({
      ...usual,
      rulesFile: 'rules.json',
      notify: { url, keys: [] },
    });
    const key = Buffer.alloc(32, 7);
    const env = { SIMLEDGER_NOTIFY_SECRET: `whsec_${key.toString('base64')}` };
    expect(readOptions(['--notify', url.href], env)?.notify).toEqual({ url, keys: [key] });
  });

  test('refuse a secret that cannot sign, without repeating it', () => {
    const env = { SIMLEDGER_NOTIFY_SECRET: 'whsec_c2hvcnQ=' };
    expect(complaint(['--notify', 'https://example.com'], env)).toBe(
      'SIMLEDGER_NOTIFY_SECRET: give whsec_ and 24 to 64 bytes in base64',
    );
  });

  test('show help, also together with any other option', () => {
    expect([options('--help'), options('-h', '--simulate', 'many')]).toEqual([undefined, undefined]);
    const named =
      '--simulate --hours --seed --losses --empty --once --data --source --session-refresh --rules --notify';
    for (const option of named.split(' ')) expect(help).toContain(option);
  });

  test('read the API’s credentials from the environment; the defaults are those in the documentation', () => {
    expect(options()?.apiCredentials).toEqual({ account: 'AClocal', token: 'local' });
    const env = { SIMLEDGER_API_ACCOUNT: 'ACmine', SIMLEDGER_API_TOKEN: 'mine' };
    expect(readOptions([], env)?.apiCredentials).toEqual({ account: 'ACmine', token: 'mine' });
  });

  test('read the ports from the environment', () => {
    const env = {
      SIMLEDGER_KINESIS_PORT: '1',
      SIMLEDGER_S3_PORT: '0',
      SIMLEDGER_DYNAMODB_PORT: '65535',
      SIMLEDGER_API_PORT: '',
    };
    expect(readOptions([], env)?.ports).toEqual({ kinesis: 1, s3: 0, dynamoDb: 65_535, api: 8080 });
  });

  test.for(['-1', '65536', 'http', '80.5', ' 80', '0x50'])('refuse the port %s by its variable', (port) => {
    expect(complaint([], { SIMLEDGER_S3_PORT: port })).toBe(
      `SIMLEDGER_S3_PORT ${JSON.stringify(port)}: give a whole number from 0 to 65535`,
    );
  });

  test.for([
    [['--simulate', '0'], '--simulate "0": give a whole number from 1 to 1000000'],
    [['--simulate', 'many'], '--simulate "many": give a whole number from 1 to 1000000'],
    [['--simulate', '10', '--hours', '1.5'], '--hours "1.5": give a whole number from 1 to 744'],
    [['--simulate', '10', '--seed', '-'], '--seed "-": give a whole number from 0 to 2147483648'],
    [['--hours', '5'], '--hours, --seed and --losses need --simulate SIMS'],
    [['--seed', '5'], '--hours, --seed and --losses need --simulate SIMS'],
    [['--losses', 'none'], '--hours, --seed and --losses need --simulate SIMS'],
    [['--simulate', '10', '--losses', 'all'], 'Unknown --losses "all": give one of none, planted'],
    [['--source', 'kore'], '--source needs files'],
    [['--source', 'kore', '--simulate', '10'], '--source needs files'],
    [
      ['--source', 'vodafone', 'a.csv'],
      `Unknown source "vodafone". Sources here: default, ${carriers.join(', ')}`,
    ],
    [
      ['--notify', 'example.com'],
      '--notify "example.com": give an address that begins with http:// or https://',
    ],
    [['--notify', 'file:///x'], '--notify "file:///x": give an address that begins with http:// or https://'],
    [['--session-refresh', 'daily'], 'Unknown --session-refresh "daily": give one of update, hourly'],
    [
      ['--empty', 'a.csv'],
      '--simulate, --empty and files cannot be used together: give one of them, or none',
    ],
    [
      ['--empty', '--simulate', '1'],
      '--simulate, --empty and files cannot be used together: give one of them, or none',
    ],
  ] as const)('refuse %j', ([args, sentence]) => {
    expect(complaint(args)).toBe(sentence);
  });

  test.for([[['--simulate']], [['--onc']], [['--once=yes']], [['--data']]] as const)(
    'refuse %j and show the help',
    ([args]) => {
      const sentence = complaint(args);
      expect(sentence.endsWith(help)).toBe(true);
      expect(sentence).toContain(args[0].split('=')[0]);
    },
  );
});
