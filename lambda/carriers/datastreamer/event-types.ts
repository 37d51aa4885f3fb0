import type { EventType } from '../../ledger/heard.ts';

/** Our names for the data streamer's event types (see docs/tables.md), and the SIM states that some of them imply. */
const names: ReadonlyMap<string, EventType> = new Map(
  Object.entries<EventType>({
    '0': 'generic',
    '1': 'location.updated',
    '2': 'gprs-location.updated',
    '3': 'pdp-context.created',
    '4': 'pdp-context.updated',
    '5': 'pdp-context.deleted',
    '6': 'user.authentication-failed',
    '7': 'application.authentication-failed',
    '8': 'sim.activated',
    '9': 'sim.suspended',
    '10': 'sim.deleted',
    '11': 'endpoint.blocked',
    '12': 'organisation.blocked',
    '13': 'support.accessed',
    '14': 'user.multi-factor-authentication',
    '16': 'gprs-location.purged',
    '17': 'user.signed-up',
    '18': 'data-quota.threshold-reached',
    '19': 'data-quota.used-up',
    '20': 'sms-quota.threshold-reached',
    '21': 'sms-quota.used-up',
    '22': 'cloud-connect.share-created',
    '23': 'cloud-connect.gateway-available',
    '25': 'cloud-connect.breakout-terminated',
    '30': 'openvpn.authentication',
    '31': 'organisation.configuration-updated',
    '32': 'billing.configuration-updated',
    '41': 'user.verified',
    '42': 'endpoint.enabled',
    '43': 'endpoint.disabled',
    '45': 'sim.factory-tested',
    '46': 'user.deleted',
    '48': 'sim.registered',
    '50': 'sim.released',
    '51': 'sim.assigned',
    '52': 'data-quota.enabled',
    '53': 'data-quota.disabled',
    '54': 'sms-quota.enabled',
    '55': 'sms-quota.disabled',
    '56': 'data-quota.assigned',
    '57': 'data-quota.deleted',
    '58': 'sms-quota.assigned',
    '59': 'sms-quota.deleted',
    '60': 'data-quota.expired',
    '67': 'user.workspace-switched',
  }),
);

const statuses: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '8': 'active',
    '9': 'suspended',
    '10': 'deleted',
    '11': 'blocked',
    '42': 'active',
    '43': 'disabled',
  }),
);

/**
 * SIM suspended or deleted; endpoint blocked or disabled; GPRS location purged: these end a data session, even if its
 * own end event is lost.
 */
const withoutSession: ReadonlySet<string> = new Set(['9', '10', '11', '16', '43']);

/**
 * The name of an event type; `event.<id>` if it has none.
 *
 * @param words the carrier's description of the type. Id 15 has an old and a new meaning, which only the words
 *   distinguish.
 * @param refused whether an event 3 is about a PDP context that was not created.
 */
export function nameEventType(
  id: string,
  words: string | undefined,
  refused: boolean,
): EventType | `event.${string}` {
  if (id === '3' && refused) return 'pdp-context.refused';
  if (id === '15' && words !== undefined) {
    if (/purge/i.test(words)) return 'location.purged';
    if (/sms/i.test(words)) return 'sms-api.callback';
  }
  return names.get(id) ?? `event.${id}`;
}

/** The carriers' descriptions of types that their CSV may state without an id. */
const idsByWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    generic: '0',
    'update location': '1',
    'update gprs location': '2',
    'create pdp context': '3',
    'update pdp context': '4',
    'delete pdp context': '5',
    'user authentication failed': '6',
    'application authentication failed': '7',
    'sim activation': '8',
    'sim suspension': '9',
    'sim deletion': '10',
    'endpoint blocked': '11',
    'organisation blocked': '12',
    'organization blocked': '12',
    'support access': '13',
    'multi-factor authentication': '14',
    'purge location': '15',
    'sms api callback': '15',
    'purge gprs location': '16',
  }),
);

/** Finds the id of an event type by the carrier's description; returns unknown descriptions unchanged. */
export function findEventTypeId(words: string): string | undefined {
  const text = words.trim();
  return text === '' ? undefined : (idsByWords.get(text.toLowerCase()) ?? text);
}

/** The status of a SIM that has a data session or sends data, whatever an earlier event said. */
export const activeStatus = 'active';

/** The SIM's status after an event of this type; undefined if the type does not change it. */
export function findStatusAfter(id: string): string | undefined {
  return statuses.get(id);
}

/** Whether a SIM has no data session after an event of this type. */
export function endsSessions(id: string): boolean {
  return withoutSession.has(id);
}
