import { identifyMute, type MuteScope, maxReasonLength } from '../../alerts/mutes.ts';
import { UsageError } from '../../errors.ts';
import { type JsonObject, parseJson, toJsonObject } from '../../json/json.ts';
import { formatTime } from '../../ledger/time.ts';
import { type AlertDetail, fetchAlert, renderMute } from '../../queries/alerts.ts';
import { ParameterError, shorten } from '../../queries/errors.ts';
import { readDuration } from '../../queries/parameters.ts';
import type { ApiPorts } from './operations.ts';
import type { HttpRequest } from './request.ts';

/** The only thing that the console can change: it mutes an alert for some time. */

/** The longest time for which the console mutes. */
const maxMilliseconds = 30 * 86_400_000;

/**
 * Refuses a request that another page may have made a browser send. A page cannot forge its origin, and cannot set a
 * content type that forms lack without a preflight; older browsers do not send the origin.
 *
 * @throws ParameterError
 */
export function requireOwnPage({ headers, root }: HttpRequest): void {
  const { origin, 'sec-fetch-site': site, 'content-type': type = '' } = headers;
  const own = new URL(root).origin;
  if (origin !== undefined && origin !== own) throw new ParameterError('Origin', origin, own);
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new ParameterError('Sec-Fetch-Site', site, 'same-origin: only the console mutes alerts here');
  }
  if (!/^application\/json *(;|$)/i.test(type))
    throw new ParameterError('Content-Type', type, 'application/json');
}

/** `POST /console/alerts/{id}/mute` with `{"for": "8h", "reason": "…"}`: returns the mute. */
export async function answerMute(request: HttpRequest, ports: ApiPorts): Promise<object> {
  const alert = await fetchAlert({ id: request.pathParameters['id'] ?? '' }, ports);
  const { milliseconds, reason } = readBody(request.body);
  const scope = findScope(alert);
  const now = ports.now();
  const mute = {
    ...{ ...scope, id: identifyMute(scope), reason },
    ...{ until: formatTime(now + milliseconds), createdAt: formatTime(now) },
  };
  await ports.alerts?.mutes.put(mute);
  return renderMute(mute);
}

/** What to mute: the alert's rule for its SIM, or for its source if the alert is about many SIMs. */
function findScope({ rule, sim, source }: AlertDetail): MuteScope {
  return sim === null
    ? { rule, sim: undefined, source: source ?? undefined }
    : { rule, sim, source: undefined };
}

/** @throws UsageError, ParameterError */
function readBody(text: string): { readonly milliseconds: number; readonly reason: string | undefined } {
  const body: JsonObject | undefined = toJsonObject(parseJson(text));
  if (body === undefined) throw new UsageError('The body must be a JSON object, such as {"for": "8h"}');
  const { for: duration, reason = '' } = body;
  const milliseconds = typeof duration === 'string' ? readDuration(duration) : undefined;
  if (milliseconds === undefined || milliseconds > maxMilliseconds) {
    throw new ParameterError('for', String(duration), 'a duration of up to 30d, such as 90m, 8h or 7d');
  }
  if (typeof reason !== 'string' || reason.length > maxReasonLength) {
    throw new ParameterError(
      'reason',
      shorten(String(reason)),
      `a text of at most ${maxReasonLength} characters`,
    );
  }
  return { milliseconds, reason: reason === '' ? undefined : reason };
}
