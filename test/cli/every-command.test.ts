import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identifyMute } from '../../lambda/alerts/mutes.ts';
import { makeEpisode, storeEpisodes } from '../lambda/queries/stored-alerts.ts';
import { personalValues } from '../personal-data.ts';
import { commands } from './program-commands.ts';
import { contextCreatedOf, simOf, usageOf } from './records.ts';
import { runningLedger } from './running-ledger.ts';

/** A command line for each command. SIM, REJECT, ALERT, MUTE, INVOICE, FILE and FOLDER are replaced by those of this test. */
const examples: Readonly<Record<string, string>> = {
  status: '',
  'quarantine list': '',
  'quarantine show': 'REJECT',
  'quarantine redrive': '--dry-run',
  'failures list': '',
  'failures redrive': '--dry-run',
  replay: '--dry-run --verify',
  import: 'FILE --source 1nce',
  sims: '--source 1nce',
  silent: '--for 1m',
  sessions: 'SIM',
  usage: 'SIM --by raw',
  top: '--by bytes',
  findings: '--month 2026-11 --sim SIM',
  events: 'SIM',
  'alerts list': '--sim SIM',
  'alerts show': 'ALERT',
  'alerts mute': '--rule silent --for 1h',
  'alerts mutes': '',
  'alerts unmute': 'MUTE',
  'alerts test': '--from 2026-11-01 --to 2026-11-05',
  'days close': '--from 2026-11-01 --to 2026-11-02',
  'days list': '',
  'days verify': '--full',
  explore: 'sessions --from 2026-11-01 --to 2026-11-03',
  'bill check':
    'INVOICE --month 2026-10 --tariff docs/tariffs/1nce.json --map docs/invoice-maps/generic.json',
  'bill list': '',
  'bill savings':
    '--month 2026-11 --tariff docs/tariffs/1nce.json docs/tariffs/emnify.json docs/tariffs/telekom.json',
  'bill show': '--month 2026-11 --by sim,country',
  'bill sims': '--month 2026-11 --tariff docs/tariffs/1nce.json',
  'tariff check': 'docs/tariffs/1nce.json',
  'tariff list': '',
  'tariff put': 'docs/tariffs/1nce.json --dry-run',
  export: '--out FOLDER',
  doctor: '',
  connect: '1nce --no-wait',
  completion: 'bash',
};

const ledger = runningLedger();
let folder: string;
/** Personal values of the records. ICCIDs may be shown. */
let personal: readonly string[];
let given: Readonly<Record<string, string>>;

beforeAll(async () => {
  const broken = { ...usageOf(2), start_timestamp: 'never', user: { name: 'Ada' } };
  const records = [contextCreatedOf(1), usageOf(1), broken];
  const bodies = records.map((record) => JSON.stringify(record));
  personal = [...personalValues(bodies.map((body) => Buffer.from(body)))].filter(
    (value) => ![simOf(1), simOf(2)].includes(value),
  );
  await ledger.put('1nce', ...bodies);
  folder = await mkdtemp(join(tmpdir(), 'simledger-every-command-'));
  const file = join(folder, 'records.json');
  await writeFile(file, JSON.stringify(records));
  const { latest } = await ledger.json<{ latest: { key: string }[] }>('quarantine list');
  await storeEpisodes(ledger.local.dynamoDb, [makeEpisode({ sim: simOf(1), source: '1nce' })]);
  const MUTE = identifyMute({ rule: 'silent', sim: undefined, source: undefined });
  const invoice = join(folder, 'invoice.csv');
  await writeFile(invoice, 'sim,name,country,quantity,amount,currency\n,VAT,,,1,EUR\n');
  given = {
    MUTE,
    INVOICE: invoice,
    ALERT: makeEpisode().id,
    SIM: simOf(1),
    REJECT: latest[0]?.key ?? '',
    FILE: file,
    FOLDER: join(folder, 'out'),
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function commandLine(name: string, options: readonly string[] = []): string[] {
  const words = `${name} ${examples[name]}`.trimEnd().split(' ');
  return [...options, ...words.map((word) => given[word] ?? word)];
}

describe('every command', () => {
  it('has an example here', () => {
    expect(Object.keys(examples).sort()).toEqual([...commands.keys()].sort());
  });

  it('is tried with records that hold personal values', () => {
    expect(personal).toContain('901405100000101');
    expect(personal).toContain('Ada');
  });

  it.each(Object.keys(examples))('does its work and shows no personal value: %s', async (name) => {
    const forms = name === 'completion' ? [[]] : [[], ['--json']];
    for (const options of forms) {
      if (name === 'alerts unmute') await ledger.run('alerts mute --rule silent --for 1h');
      const { code, output, errors } = await ledger.run(commandLine(name, options));
      const shown = personal.filter((value) => `${output}${errors}`.includes(value));
      expect({ code, shown }).toEqual({ code: 0, shown: [] });
      expect(output).not.toBe('');
      if (options.length > 0) expect(JSON.parse(output)).toBeTypeOf('object');
    }
  });
});
