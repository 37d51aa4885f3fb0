import * as z from 'zod';

/** What an iterator stands for. */
export interface ShardIteratorState {
  readonly streamName: string;
  /** Tells a stream from an earlier one of the same name, epoch milliseconds. */
  readonly streamCreatedMilliseconds: number;
  readonly shardId: string;
  /** Position of the next record to read. */
  readonly position: number;
  /** Epoch milliseconds; an iterator lives five minutes. */
  readonly issuedMilliseconds: number;
}

const wireForm = z.tuple([z.string(), z.number(), z.string(), z.int().nonnegative(), z.number()]);

/** Writes an iterator as the opaque string that clients hand back. */
export function encodeShardIterator(state: ShardIteratorState): string {
  const wire: z.infer<typeof wireForm> = [
    state.streamName,
    state.streamCreatedMilliseconds,
    state.shardId,
    state.position,
    state.issuedMilliseconds,
  ];
  return Buffer.from(JSON.stringify(wire)).toString('base64');
}

/** Reads an iterator; undefined for any other string. */
export function decodeShardIterator(token: string): ShardIteratorState | undefined {
  const parsed = wireForm.safeParse(parseJson(Buffer.from(token, 'base64').toString()));
  if (!parsed.success) return undefined;
  const [streamName, streamCreatedMilliseconds, shardId, position, issuedMilliseconds] = parsed.data;
  return { streamName, streamCreatedMilliseconds, shardId, position, issuedMilliseconds };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not written by encodeShardIterator: the caller gets the same answer as for any other string that is not an iterator.
    return undefined;
  }
}
