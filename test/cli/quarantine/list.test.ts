import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, test } from 'vitest';
import { quarantineBucket } from '../../../local/places.ts';
import { threeDays, usageOf } from '../records.ts';
import { runningLedger } from '../running-ledger.ts';

const ledger = runningLedger();

beforeAll(() => ledger.put('1nce', ...threeDays.map((record) => JSON.stringify(record))));

describe('quarantine', () => {
  test('show masks personal values, unless they are requested', async () => {
    const { latest } = await ledger.json<{ latest: { key: string }[] }>('quarantine list --source 1nce');
    const key = latest[0]?.key ?? '';
    const name = key.slice(key.lastIndexOf('/') + 1, -'.jsonl'.length);
    const masked = await ledger.run(['quarantine', 'show', name.slice(0, 8)]);
    expect(masked.code).toBe(0);
    expect(masked.output).toContain(
      'impossible-time: start_timestamp is not a possible time: "2026-02-30T10:00:00Z"',
    );
    expect(masked.output).toContain('"imsi":"…0101"');
    for (const personal of ['901405100000101', '882285100000101', '8635760478500101', '10.0.0.10', 'Ada']) {
      expect(masked.output).not.toContain(personal);
    }
    const { output } = await ledger.run(['quarantine', 'show', key, '--reveal']);
    expect(output).toContain('"imsi":"901405100000101"');
    expect(output).toContain('"username":"Ada"');
  });

  test('show reports an unknown reject, and lists rejects that an ID could mean', async () => {
    const missing = await ledger.run('quarantine show f00');
    expect([missing.code, missing.errors]).toEqual([
      1,
      'No reject has the ID "f00": list the rejects with simledger quarantine list\n',
    ]);
    const s3 = (await ledger.open()).s3;
    for (const key of ['rejects/twilio/empty/zz1.jsonl', 'rejects/twilio/empty/zz2.jsonl']) {
      await s3.send(new PutObjectCommand({ Bucket: quarantineBucket, Key: key, Body: '\n' }));
    }
    const several = await ledger.run('quarantine show zz');
    expect([several.code, several.errors]).toEqual([
      1,
      '"zz" matches several rejects: give one of these keys\n  rejects/twilio/empty/zz1.jsonl\n  rejects/twilio/empty/zz2.jsonl\n',
    ]);
  });

  test('list and show skip objects that are not rejects, and say so', async () => {
    const { s3 } = await ledger.open();
    const place = { Bucket: quarantineBucket, Key: 'rejects/twilio/empty/other.jsonl' };
    await s3.send(new PutObjectCommand({ ...place, Body: 'by hand\n' }));
    const sentence = `${place.Key} does not hold rejects, and is left unchanged: it was written by hand or by another version\n`;
    const listed = await ledger.run('quarantine list --source twilio');
    expect([listed.code, listed.errors]).toEqual([0, `! ${sentence}`]);
    expect(await ledger.run('quarantine show other')).toEqual({ code: 1, output: '', errors: sentence });
    await s3.send(new DeleteObjectCommand(place));
  });
});

describe('a quarantine without matching rejects', () => {
  test('says what it has instead, in list and redrive', async () => {
    const { groups } = await ledger.json<{ groups: { objects: number }[] }>('quarantine list');
    const total = groups.reduce((sum, { objects }) => sum + objects, 0);
    const others = total === 1 ? 'is 1 other object' : `are ${total} other objects`;
    expect(total).toBeGreaterThan(0);
    for (const command of ['list', 'redrive']) {
      expect(await ledger.run(`quarantine ${command} --source kore --reason empty`)).toEqual({
        code: 0,
        output: `The quarantine has nothing of the source kore with the reason empty. There ${others}: quarantine list shows all.\n`,
        errors: '',
      });
    }
  });

  test('lists a source that is no longer configured', async () => {
    const { s3 } = await ledger.open();
    const place = { Bucket: quarantineBucket, Key: 'rejects/former/empty/a.jsonl' };
    await s3.send(new PutObjectCommand({ ...place, Body: '\n' }));
    const { groups } = await ledger.json<{ groups: object[] }>('quarantine list --source former');
    expect(groups).toEqual([expect.objectContaining({ source: 'former', reason: 'empty', objects: 1 })]);
    await s3.send(new DeleteObjectCommand(place));
  });

  test('is listed completely as JSON, and up to a limit with the latest', async () => {
    const broken = Array.from({ length: 25 }, (_, number) => ({
      ...usageOf(500 + number),
      start_timestamp: `never ${number}`,
    }));
    for (const record of broken) await ledger.put('telekom', JSON.stringify(record));
    const whole = await ledger.json<{ groups: { objects: number }[]; latest: { key: string }[] }>(
      'quarantine list --source telekom',
    );
    const ofTelekom = whole.groups.reduce((sum, { objects }) => sum + objects, 0);
    expect([ofTelekom, new Set(whole.latest.map(({ key }) => key)).size]).toEqual([25, 25]);
    const limited = await ledger.json<{ latest: object[] }>('quarantine list --source telekom --limit 3');
    expect(limited.latest.length).toBe(3);
    const { output } = await ledger.run('quarantine list --source telekom');
    expect(output).toMatch(/^The latest 20 of 25 objects/m);
  });
});
