import type { JsonObject } from '../../json/json.ts';
import type { Post } from './post.ts';
import type { Message } from './receiver.ts';
import type { AlertTransition } from './transition.ts';
import { readUrl } from './webhook.ts';
import { writeHeadline } from './wording.ts';

/**
 * PagerDuty Events API v2: an episode is one incident, identified by `dedup_key`.
 *
 * @see https://developer.pagerduty.com/docs/events-api-v2-overview
 */

/** The default address of events. Accounts in Europe have their own address, which is then in the secret. */
const defaultUrl = 'https://events.pagerduty.com/v2/enqueue';

/** The most characters of a summary that PagerDuty accepts. */
const maxSummaryLength = 1024;

/** The content of a PagerDuty service's secret. */
export interface PagerDutySecret {
  readonly url: URL;
  readonly routingKey: string;
}

/** What the secret's JSON object must contain, for error messages. */
export const pagerDutySecretContent =
  'the string field routingKey (32 letters and digits), and url for another region';

/** Parses the secret; undefined if it is invalid. */
export function readPagerDutySecret(members: JsonObject): PagerDutySecret | undefined {
  const { routingKey, url: given = defaultUrl } = members;
  const url = readUrl(given);
  const isKey = typeof routingKey === 'string' && /^[A-Za-z0-9]{32}$/.test(routingKey);
  return url === undefined || !isKey ? undefined : { url, routingKey };
}

/** The request that opens or resolves the episode's incident. */
export function writePagerDuty({ url, routingKey }: PagerDutySecret, message: Message): Post {
  const { event, transition, told } = message;
  const { episode, state, rule } = transition;
  const key = { routing_key: routingKey, dedup_key: episode };
  const { link } = event.data;
  const body =
    state !== 'open'
      ? { ...key, event_action: 'resolve' }
      : {
          ...key,
          event_action: 'trigger',
          client: 'simledger',
          ...(link !== undefined && { client_url: link, links: [{ href: link, text: 'Evidence' }] }),
          payload: {
            summary: writeHeadline(transition, told).slice(0, maxSummaryLength).toWellFormed(),
            source: nameSource(transition),
            severity: rule.severity,
            timestamp: transition.from,
            component: rule.name,
            class: rule.kind,
            custom_details: event.data,
          },
        };
  return {
    url,
    headers: { 'content-type': 'application/json', 'user-agent': 'simledger' },
    body: JSON.stringify(body),
  };
}

/** What PagerDuty calls the source: the affected thing. */
function nameSource({ subject }: AlertTransition): string {
  if (subject.kind === 'sim') return subject.sim;
  return subject.kind === 'group' ? subject.value : subject.source;
}
