import { isGzip, maxBytes, unpackGzip } from '../../carriers/body.ts';
import { formatReason } from '../../carriers/reading.ts';
import type { WebhookRequest } from './request.ts';

/** Why a request is refused. The same request would be refused again. */
export interface Refusal {
  readonly status: 400 | 401 | 413 | 415;
  readonly message: string;
}

/** The body of a request as the carrier wrote it, or why it cannot be read. */
export function unpackBody({ headers, body }: WebhookRequest): Buffer | Refusal {
  const declared = Number(headers['content-length'] ?? body.length);
  if (body.length < declared) {
    return { status: 400, message: `${body.length} of ${declared} bytes have arrived` };
  }
  const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(encoding)) {
    const given = JSON.stringify(encoding.slice(0, 80));
    return {
      status: 415,
      message: `content-encoding: ${given} given; accepted is gzip, or no such header`,
    };
  }
  const isPacked = isGzip(body);
  const bytes = isPacked ? unpackRequest(body) : body;
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (!isPacked && encoding.endsWith('gzip')) {
    return {
      status: 400,
      message: 'The header content-encoding says gzip, but the body is not gzip: it was changed on its way',
    };
  }
  return bytes.length === 0 ? { status: 400, message: 'The body is empty' } : bytes;
}

function unpackRequest(body: Buffer): Buffer | Refusal {
  const bytes = unpackGzip(body, maxBytes);
  if (Buffer.isBuffer(bytes)) return bytes;
  return { status: bytes.code === 'too-large' ? 413 : 400, message: formatReason(bytes) };
}
