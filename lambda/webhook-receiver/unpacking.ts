import { gunzipSync } from 'node:zlib';
import { mostBytes } from '../carriers/body.ts';
import type { WebhookRequest } from './request.ts';

/** Why a request is refused: sent again as it is, it would be again. */
export interface Refusal {
  readonly status: 400 | 401 | 413 | 415;
  readonly message: string;
}

/** The body of a request as the carrier wrote it, or why there is none. */
export function unpacked({ headers, body }: WebhookRequest): Buffer | Refusal {
  const declared = Number(headers['content-length'] ?? body.length);
  if (body.length < declared) {
    return { status: 400, message: `${body.length} of ${declared} bytes have arrived` };
  }
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(encoding)) {
    const given = JSON.stringify(encoding.slice(0, 80));
    return { status: 415, message: `content-encoding: ${given} given; accepted is gzip, or none` };
  }
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  const bytes = isGzip ? gunzipped(body) : body;
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (!isGzip && encoding.endsWith('gzip')) {
    return { status: 400, message: 'The body is said to be gzip, and is not: it has not arrived as it was' };
  }
  return bytes.length === 0 ? { status: 400, message: 'The body is empty' } : bytes;
}

function gunzipped(body: Buffer): Buffer | Refusal {
  try {
    return gunzipSync(body, { maxOutputLength: mostBytes });
  } catch (error) {
    if (error instanceof RangeError) {
      return { status: 413, message: `The body unpacks to more than ${mostBytes} bytes` };
    }
    return { status: 400, message: 'The body begins like gzip and can not be unpacked to its end' };
  }
}
