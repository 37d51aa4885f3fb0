import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKinesisEmulator, type KinesisEmulator } from '../../../../emulators/kinesis/emulator.ts';
import { findReadMark } from '../../../../lambda/alerts/progress/read-marks.ts';
import { KinesisPositions } from '../../../../lambda/alerts/progress/stream-position.ts';
import type { ShardNotes } from '../../../../lambda/alerts/watermark.ts';
import { formatTime } from '../../../../lambda/ledger/time.ts';
import type { Manifest } from '../../../../lambda/store/manifest.ts';

const hour = 3_600_000;
const start = Date.parse('2026-11-02T00:00:00.000Z');
const name = 'fleet';
const [first, second] = ['shardId-000000000000', 'shardId-000000000001'] as const;
const configuration = {
  region: async () => 'us-east-1',
  credentials: async () => ({ accessKeyId: 'any', secretAccessKey: 'any' }),
};
const positions = new KinesisPositions(configuration);

let now: number;
let emulator: KinesisEmulator;

beforeEach(async () => {
  now = start;
  emulator = createKinesisEmulator({ clock: () => now });
  const { port } = await emulator.listen(0);
  vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', `http://127.0.0.1:${port}`);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await emulator.close();
});

/** Puts a record into the first or second shard of a stream. */
function put(stream: ReturnType<KinesisEmulator['createStream']>, shard: 0 | 1 = 0): string {
  const explicitHashKey = shard === 0 ? 0n : (1n << 128n) - 1n;
  const [receipt] = stream.put([{ data: Buffer.from('{}'), partitionKey: 'key', explicitHashKey }]);
  return receipt?.sequenceNumber ?? '';
}

describe('a stream', () => {
  it('lists its shards', async () => {
    emulator.createStream(name, 2);
    expect(await positions.listShards(name)).toEqual([first, second]);
  });

  it('says which record follows another, or that none does', async () => {
    const stream = emulator.createStream(name, 2);
    expect(await positions.findBehind(name, first, undefined)).toBe('nothing');
    const one = put(stream);
    now += 5_000;
    const other = put(stream);
    expect(await positions.findBehind(name, first, undefined)).toEqual({ arrival: start });
    expect(await positions.findBehind(name, first, one)).toEqual({ arrival: start + 5_000 });
    expect(await positions.findBehind(name, first, other)).toBe('nothing');
    expect(await positions.findBehind(name, second, undefined)).toBe('nothing');
  });

  it('says so for an expired record from those that it still has', async () => {
    const stream = emulator.createStream(name, 1);
    const expired = put(stream);
    now += 25 * hour;
    expect(await positions.findBehind(name, first, expired)).toBe('nothing');
    put(stream);
    expect(await positions.findBehind(name, first, expired)).toEqual({ arrival: now });
  });

  it('that does not exist is reported, with unknown progress', async () => {
    await expect(positions.listShards('other')).rejects.toThrow(
      'ListShards: Kinesis answered 400 ResourceNotFoundException',
    );
  });
});

describe('a source with a stream is read', () => {
  const read = async (
    notes: Readonly<Record<string, ShardNotes>> = {},
    files: readonly Pick<Manifest, 'object' | 'state' | 'delivered'>[] = [],
  ) => {
    const source = { name: 'source', streamName: name, lateness: hour / 2 };
    const manifests = files.map((file): Manifest => {
      const counts = { rows: 0, accepted: 0, rejected: 0, position: 0, size: 0 };
      return { ...file, ...counts, source: source.name, carrier: 'emnify' };
    });
    const reader = { fileKeys: async () => manifests, readFiles: async () => manifests };
    const ports = { positions, reader, notes: { list: async () => new Map(Object.entries(notes)) } };
    return findReadMark(source, ports, now);
  };
  const makeNotes = (sequence: string): ShardNotes => {
    return { notes: [], lanes: [], newestDone: { sequence, arrival: start } };
  };

  it('to now if its shards are empty', async () => {
    emulator.createStream(name, 2);
    expect(await read()).toEqual({ at: now, holds: [] });
  });

  it('to now if it is idle, and to its newest finished record if another one waits', async () => {
    const stream = emulator.createStream(name, 1);
    const notes = { [first]: makeNotes(put(stream)) };
    now += 9 * hour;
    expect(await read(notes)).toEqual({ at: now, holds: [] });
    put(stream);
    expect(await read(notes)).toEqual({ at: start, holds: [] });
  });

  it('as far as its files if nothing comes through the stream', async () => {
    const stream = emulator.createStream(name, 1);
    now += 30 * hour;
    const done = { object: 'bucket/a.csv@1', state: 'done', delivered: formatTime(now - 20 * hour) } as const;
    const queued = {
      object: 'bucket/b.csv@1',
      state: 'importing',
      delivered: formatTime(now - hour),
    } as const;
    expect(await read({}, [done])).toEqual({ at: now, holds: [], isByFiles: true });
    const since = now - 1.5 * hour;
    expect(await read({}, [done, queued])).toEqual({
      at: since,
      holds: [{ cause: 'unfinished-file', place: queued.object, since }],
      isByFiles: true,
    });
    expect(await read({ [first]: makeNotes(put(stream)) }, [done])).toEqual({ at: now, holds: [] });
  });

  it('no further than the oldest record of an unread shard', async () => {
    const stream = emulator.createStream(name, 2);
    const notes = { [first]: makeNotes(put(stream)) };
    now += hour;
    put(stream, 1);
    const since = now;
    now += hour;
    expect(await read(notes)).toEqual({
      at: since,
      holds: [{ cause: 'unread-shard', place: second, since }],
    });
  });
});
