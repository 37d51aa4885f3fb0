import { describe, expect, it } from 'vitest';
import { nameEventType } from '../../../../lambda/carriers/datastreamer/event-types.ts';
import { interpret } from '../../../../lambda/carriers/index.ts';
import { complete } from '../../../../lambda/ledger/observation.ts';
import { arrivalFrom, arrivedAt, observationsOf, statedBy } from '../../../records/arrival.ts';
import {
  carrierEvent,
  contextEvent,
  pdpContext,
  readStreamer,
  streamerSim,
  visitedOperator,
} from '../../../records/datastreamer.ts';
import { fixtureValue } from '../../../records/fixtures.ts';
import { marksAt } from '../../../records/marks.ts';

const at = '2026-11-02T10:00:00.000Z';
const origin = { source: 'my-1nce', carrier: '1nce', iccid: streamerSim };
const sessionId = '110753000#2026-11-02T09:00:27.000Z';
const network = {
  radio: '4G',
  ratType: '6',
  mcc: '262',
  mnc: '01',
  operatorName: 'T-Mobile',
  country: 'DE',
};
const identityGroups = {
  ids: { at, group: { simId: '1234567', accountId: '12345' } },
  label: { at, group: { simName: 'tracker-1' } },
  subscriber: { at, group: { imsi: '901405100000001' } },
  device: { at, group: { imei: '863576047850008', writtenImei: '8635760478500001' } },
};
const phone = { at, group: { msisdn: '882285100000001' } };
const placeGroups = {
  network: { at, group: network },
  cell: { at, group: { cellId: '5559', lac: '38701' } },
};
const session = {
  sim: streamerSim,
  sessionId,
  origin: { at, group: origin },
  start: '2026-11-02T09:00:27.000Z',
  startStated: true,
  groups: {
    ...identityGroups,
    ...placeGroups,
    address: { at, group: { apn: 'iot.1nce.net', ipAddress: '10.0.0.10' } },
  },
};
const event = {
  sim: streamerSim,
  eventKey: `${at}#4427100004`,
  completeness: complete,
  source: 'my-1nce',
  carrier: '1nce',
  iccid: streamerSim,
  imsi: '901405100000001',
  time: at,
  eventId: '4427100004',
  severity: 'info',
  alert: false,
  description: 'Something happened.',
  arrivedAt,
};
/** The detail as it is kept: the names of the core network's own nodes don't fit. */
const keptDetail = JSON.stringify({
  ...visitedOperator,
  pdp_context: {
    pdp_context_id: 110753000,
    tunnel_created: '2026-11-02T09:00:27',
    gtp_version: 1,
    region: 'eu-west-1',
    breakout_ip: '203.0.113.123',
    apn: 'iot.1nce.net',
    nsapi: 6,
    ue_ip_address: '10.0.0.10',
    imsi: '901405100000001',
    imeisv: '8635760478500001',
    mcc: '262',
    mnc: '01',
    lac: 38701,
    sac: 61142,
    rac: 17,
    ci: 5559,
    rat_type: 6,
    ratezone_id: '2171',
    tariff_id: '442',
    operator_id: '2',
  },
});

describe('PDP contexts', () => {
  it('reads event 3 as an open session and an event', () => {
    expect(observationsOf(readStreamer(contextEvent(3)))).toEqual({
      session,
      usage: undefined,
      event: {
        ...event,
        type: 'pdp-context.created',
        carrierType: '3',
        detail: keptDetail,
        sessionId,
        network,
        cellId: '5559',
      },
      sim: {
        sim: streamerSim,
        origin: { at, group: origin },
        groups: {
          ...identityGroups,
          phone,
          ...placeGroups,
          connection: { at, group: { online: true, onlineChanged: session.start } },
          lifecycle: { at, group: { status: 'active' } },
          lastEvent: { at, group: { lastEvent: 'pdp-context.created', lastEventTime: at } },
          ...marksAt(at, streamerSim, 'signalled', 'session'),
        },
      },
    });
  });

  it('reads event 4 as the same session', () => {
    expect(statedBy(readStreamer(contextEvent(4)), 'session')).toEqual(session);
  });

  it('uses the time of event 3 as the start if none is stated, and that of a later event only as an observation', () => {
    const { tunnel_created: _, ...untimed } = pdpContext;
    const starts = ([3, 4] as const).map((typeId) => {
      const { start, startStated } = statedBy(
        readStreamer(contextEvent(typeId, { ...untimed, session_id: 's1' })),
        'session',
      );
      return [start, startStated];
    });
    expect(starts).toEqual([
      [at, true],
      [at, false],
    ]);
  });

  it('reads event 5 as the session’s end and its totals', () => {
    const volume = { rx: 0.012671, tx: 0.01148, total: 0.024151 };
    const {
      session: ended,
      usage,
      sim,
    } = observationsOf(readStreamer(contextEvent(5, pdpContext, { volume })));
    expect([ended, usage, sim?.groups.connection]).toEqual([
      {
        ...session,
        terminal: { status: 'ended', end: at },
        groups: {
          ...session.groups,
          totals: { at, group: { dataUploaded: 11_480, dataDownloaded: 12_671, dataTotal: 24_151 } },
        },
      },
      undefined,
      { at, group: { online: false, onlineChanged: at } },
    ]);
  });

  it('reads the published creation of 1NCE', () => {
    const published = observationsOf(
      interpret(fixtureValue('1nce/create-pdp-context.json'), arrivalFrom('1nce')),
    );
    const stamp = '2019-01-21T09:36:17.000Z';
    expect([published.session?.sessionId, published.session?.start, published.event]).toEqual([
      '110753000#2021-08-09T12:00:27.000Z',
      '2021-08-09T12:00:27.000Z',
      {
        ...event,
        eventKey: `${stamp}#1234567890`,
        time: stamp,
        eventId: '1234567890',
        type: 'pdp-context.created',
        carrierType: '3',
        description: 'New PDP Context successfully activated with SGSN CP=192.0.2.1, DP=192.0.2.2.',
        detail: JSON.stringify({
          pdp_context: {
            ratezone_id: '2171',
            rat_type: 2,
            tunnel_created: '2021-08-09T12:00:27',
            breakout_ip: 'unavailable',
            tariff_id: '442',
            mnc: '01',
            apn: 'iot.1nce.net',
            ue_ip_address: '10.0.0.10',
            gtp_version: 1,
            ci: 5559,
            pdp_context_id: 110753000,
            imsi: '901405100000000',
            operator_id: '2',
            mcc: '262',
            imeisv: '863576047850000',
            lac: 38701,
          },
          name: 'T-Mobile',
          id: 2,
          country: { mcc: '262', iso_code: 'de', name: 'Germany', id: 74, country_code: '49' },
        }),
        sessionId: '110753000#2021-08-09T12:00:27.000Z',
        network: { ...network, radio: '2G', ratType: '2' },
        cellId: '5559',
      },
    ]);
  });

  it('reads the published deletion of the old generation', () => {
    const published = observationsOf(
      interpret(fixtureValue('telekom/delete-pdp-context.json'), arrivalFrom('telekom')),
    );
    const stamp = '2019-07-12T17:04:59.000Z';
    expect(published.session).toEqual({
      sim: '8988228066700001234',
      sessionId: '162094787#2019-12-11T05:49:29.000Z',
      origin: {
        at: stamp,
        group: { source: 'my-telekom', carrier: 'telekom', iccid: '8988228066700001234' },
      },
      start: '2019-12-11T05:49:29.000Z',
      startStated: true,
      terminal: { status: 'ended', end: stamp },
      groups: {
        ids: { at: stamp, group: { simId: '319318', accountId: '80025' } },
        label: { at: stamp, group: { simName: 'GPS Tracker' } },
        subscriber: { at: stamp, group: { imsi: '901405300000170' } },
        device: { at: stamp, group: { imei: '862789039899161', writtenImei: '8627890398991601' } },
        network: {
          at: stamp,
          group: {
            radio: '3G',
            ratType: '1',
            mcc: '310',
            mnc: '260',
            operatorName: 'SFR Cegetel',
            country: 'FR',
          },
        },
        cell: { at: stamp, group: { lac: '40484' } },
        address: { at: stamp, group: { ipAddress: '100.105.197.123' } },
        totals: { at: stamp, group: { dataUploaded: 11_480, dataDownloaded: 12_671, dataTotal: 24_151 } },
      },
    });
  });

  it('reads a refused activation as an event only', () => {
    const refused = carrierEvent(3, {
      alert: true,
      event_severity: { id: 1, description: 'Warn' },
      event_source: { id: 1, description: 'Policy Control' },
      description: 'PDP Context request rejected, because endpoint has no quota.',
    });
    const { session: none, event: kept, sim } = observationsOf(readStreamer(refused, 'emnify'));
    expect([none, kept, sim?.groups.connection]).toEqual([
      undefined,
      {
        ...event,
        source: 'my-emnify',
        carrier: 'emnify',
        type: 'pdp-context.refused',
        carrierType: '3',
        severity: 'warn',
        alert: true,
        description: 'PDP Context request rejected, because endpoint has no quota.',
      },
      undefined,
    ]);
  });

  it('rejects a PDP context that has no id', () => {
    const { pdp_context_id, ...context } = pdpContext;
    expect(readStreamer(contextEvent(4, context))).toEqual({
      kind: 'fault',
      code: 'missing-identity',
      problem: 'The PDP context has no id',
    });
  });

  it('keeps a PDP context of no SIM as an event of the account', () => {
    const { sim, endpoint, imsi, ...nameless } = contextEvent(3);
    const { session: none, event: kept } = observationsOf(readStreamer(nameless));
    expect([none, kept?.sim]).toEqual([undefined, 'account:my-1nce:12345']);
  });
});

describe('flat events (2.0 names)', () => {
  const flat = {
    id: 4427100004,
    timestamp: '2026-11-02T10:00:00Z',
    ingestion_timestamp: '2026-11-02T10:00:09Z',
    event_type_id: 5,
    event_severity_id: 0,
    event_source_id: 0,
    organisation_id: 12345,
    alert: false,
    description: 'PDP Context deleted.',
    sim_id: 1234567,
    imsi_id: 1234567,
    endpoint_id: 1234567,
    endpoint_name: streamerSim,
    endpoint_imei: '8635760478500001',
    endpoint_ip_address: '10.0.0.10',
    detail_id: 2,
    detail_country_id: 74,
    detail_mnc: '01',
    detail_volume_rx: 0.012671,
    detail_volume_tx: 0.01148,
    detail_volume_total: 0.024151,
    detail_pdp_context_ipcan_session_id: 'b2c5a9de-0000-4000-a000-000000000001',
    detail_pdp_context_rat_type: 8,
    detail_pdp_context_gtp_v1_uli_lac: 38701,
    detail_pdp_context_gtp_v1_uli_ci: 5559,
    detail_pdp_context_tunnel_created: '2026-11-02T09:00:27',
  };

  it('reads a deletion as the session’s end', () => {
    expect(statedBy(readStreamer(flat), 'session')).toEqual({
      sim: streamerSim,
      sessionId: 'b2c5a9de-0000-4000-a000-000000000001',
      origin: { at, group: origin },
      start: '2026-11-02T09:00:27.000Z',
      startStated: true,
      terminal: { status: 'ended', end: at },
      groups: {
        ids: identityGroups.ids,
        device: identityGroups.device,
        label: { at, group: { simName: streamerSim } },
        network: { at, group: { radio: 'NB-IoT', ratType: '8', mnc: '01' } },
        cell: placeGroups.cell,
        address: { at, group: { ipAddress: '10.0.0.10' } },
        totals: { at, group: { dataUploaded: 11_480, dataDownloaded: 12_671, dataTotal: 24_151 } },
      },
    });
  });

  it('keeps the detail’s members without their prefix, and can be replaced by a fuller rendering', () => {
    const { completeness, detail, type } = statedBy(readStreamer(flat), 'event');
    expect([completeness, type, detail]).toEqual([
      0,
      'pdp-context.deleted',
      '{"id":2,"country_id":74,"mnc":"01","volume_rx":0.012671,"volume_tx":0.01148,"volume_total":0.024151,' +
        '"pdp_context_ipcan_session_id":"b2c5a9de-0000-4000-a000-000000000001","pdp_context_rat_type":8,' +
        '"pdp_context_gtp_v1_uli_lac":38701,"pdp_context_gtp_v1_uli_ci":5559,' +
        '"pdp_context_tunnel_created":"2026-11-02T09:00:27"}',
    ]);
  });
});

/** Every id of the carriers' documents under its name, and some that no document lists. */
const eventTypes: readonly [id: number, type: string, status?: string][] = [
  [0, 'generic'],
  [1, 'location.updated'],
  [2, 'gprs-location.updated'],
  [3, 'pdp-context.created'],
  [4, 'pdp-context.updated'],
  [5, 'pdp-context.deleted'],
  [6, 'user.authentication-failed'],
  [7, 'application.authentication-failed'],
  [8, 'sim.activated', 'active'],
  [9, 'sim.suspended', 'suspended'],
  [10, 'sim.deleted', 'deleted'],
  [11, 'endpoint.blocked', 'blocked'],
  [12, 'organisation.blocked'],
  [13, 'support.accessed'],
  [14, 'user.multi-factor-authentication'],
  [16, 'gprs-location.purged'],
  [17, 'user.signed-up'],
  [18, 'data-quota.threshold-reached'],
  [19, 'data-quota.used-up'],
  [20, 'sms-quota.threshold-reached'],
  [21, 'sms-quota.used-up'],
  [22, 'cloud-connect.share-created'],
  [23, 'cloud-connect.gateway-available'],
  [25, 'cloud-connect.breakout-terminated'],
  [30, 'openvpn.authentication'],
  [31, 'organisation.configuration-updated'],
  [32, 'billing.configuration-updated'],
  [41, 'user.verified'],
  [42, 'endpoint.enabled', 'active'],
  [43, 'endpoint.disabled', 'disabled'],
  [45, 'sim.factory-tested'],
  [46, 'user.deleted'],
  [48, 'sim.registered'],
  [50, 'sim.released'],
  [51, 'sim.assigned'],
  [52, 'data-quota.enabled'],
  [53, 'data-quota.disabled'],
  [54, 'sms-quota.enabled'],
  [55, 'sms-quota.disabled'],
  [56, 'data-quota.assigned'],
  [57, 'data-quota.deleted'],
  [58, 'sms-quota.assigned'],
  [59, 'sms-quota.deleted'],
  [60, 'data-quota.expired'],
  [67, 'user.workspace-switched'],
  [24, 'event.24'],
  [15, 'event.15'],
  [68, 'event.68'],
  [2_147_483_648, 'event.2147483648'],
];

describe('event types', () => {
  it.each(eventTypes)('keeps event %i as %s', (id, type, status) => {
    const { event: kept, sim } = observationsOf(readStreamer(carrierEvent(id)));
    const lastEvent = { at, group: { lastEvent: type, lastEventTime: at } };
    expect([kept, sim?.groups.lastEvent, sim?.groups.lifecycle]).toEqual([
      { ...event, type, carrierType: String(id) },
      lastEvent,
      status && { at, group: { status } },
    ]);
  });

  it('tests every id that has its own name', () => {
    const ids = Array.from({ length: 10_000 }, (_, id) => id);
    const named = ids.filter((id) => nameEventType(String(id), undefined, false) !== `event.${id}`);
    expect(eventTypes.flatMap(([id, type]) => (type === `event.${id}` ? [] : [id]))).toEqual(named);
  });

  it.each([
    ['Purge location', 'location.purged'],
    ['SMS API Callback', 'sms-api.callback'],
    ['Something else', 'event.15'],
  ])('distinguishes the meanings of event 15 by its words: %s', (description, type) => {
    const record = carrierEvent(15, { event_type: { id: 15, description } });
    expect(statedBy(readStreamer(record), 'event').type).toBe(type);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('keeps the type id %s', (id) => {
    const { type, carrierType } = statedBy(readStreamer(carrierEvent(id)), 'event');
    expect([type, carrierType]).toEqual([`event.${id}`, id]);
  });

  it('does not treat a PDP context as refused if its event raises no alert', () => {
    const { type } = statedBy(
      readStreamer(carrierEvent(3, { alert: false, detail: visitedOperator })),
      'event',
    );
    expect(type).toBe('pdp-context.created');
  });
});

describe('what events say', () => {
  it.each([
    [{ id: 0, description: 'Info' }, 'info'],
    [{ id: 0, description: 'INFO' }, 'info'],
    [{ id: 1, description: 'Warning' }, 'warn'],
    [{ id: 1, description: 'Warn' }, 'warn'],
    [{ id: 2, description: 'CRITICAL' }, 'critical'],
    [{ id: 7, description: 'Fatal' }, 'fatal'],
    [{ id: 7 }, '7'],
    [{ description: 'WARN' }, 'warn'],
  ])('reads the severity %j as %s', (severity, name) => {
    const record = carrierEvent(1, { event_severity: severity });
    expect(statedBy(readStreamer(record), 'event').severity).toBe(name);
  });

  it.each([
    [true, true],
    [false, false],
    [1, true],
    [0, false],
    ['1', true],
    ['false', false],
    ['perhaps', undefined],
    [null, undefined],
  ])('reads the alert %j as %s', (alert, meaning) => {
    expect(statedBy(readStreamer(carrierEvent(1, { alert })), 'event').alert).toBe(meaning);
  });

  it('reads the published location update', () => {
    const { event: kept } = observationsOf(
      interpret(fixtureValue('telekom/update-location.json'), arrivalFrom('telekom')),
    );
    expect(kept).toMatchObject({
      sim: '8988228066700001234',
      type: 'location.updated',
      time: '2019-07-17T16:28:00.000Z',
      network: { mcc: '262', mnc: '02', operatorName: 'Telekom', country: 'DE' },
    });
  });

  it('keeps a user’s event under the account, without the user’s name', () => {
    const reading = interpret(
      fixtureValue('telekom/user-authentication-failed.json'),
      arrivalFrom('telekom'),
    );
    expect(observationsOf(reading)).toEqual({
      session: undefined,
      usage: undefined,
      event: {
        sim: 'account:my-telekom:839921',
        eventKey: '2019-05-10T05:42:00.000Z#201388127',
        completeness: complete,
        source: 'my-telekom',
        carrier: 'telekom',
        time: '2019-05-10T05:42:00.000Z',
        eventId: '201388127',
        type: 'user.authentication-failed',
        carrierType: '6',
        severity: 'warn',
        alert: false,
        description:
          "Failed authentication request from 'user@beispiel.com', Reason: Invalid password from IP 9.9.9.9",
        arrivedAt,
      },
      sim: undefined,
    });
  });

  it.each([
    [18, { threshold_volume: '0.015085', volume: -1.5, threshold_percentage: 20, traffic_type: 'data' }],
    [19, { thresholdVolume: 100, volume: '0.015085' }],
    [20, { threshold_volume: 5, volume: 0 }],
    [21, { threshold_volume: null, volume: -2 }],
  ])('keeps the quota of event %i as sent', (id, quota) => {
    const kept = JSON.parse(
      statedBy(readStreamer(carrierEvent(id, { detail: { quota } })), 'event').detail ?? '',
    );
    expect(kept).toEqual({
      quota: Object.fromEntries(Object.entries(quota).filter(([, value]) => value !== null)),
    });
  });

  it.each([56, 58])('keeps the detail of event %i, a string that is not JSON, as sent', (id) => {
    const published = fixtureValue('emnify/quota-assigned-detail.json') as { detail: string };
    const { detail, description } = statedBy(
      readStreamer(carrierEvent(id, { ...published, description: 'Quota assigned' }), 'emnify'),
      'event',
    );
    expect([detail, description]).toEqual([published.detail, 'Quota assigned']);
  });

  it('keeps members that were added since, as text', () => {
    expect(statedBy(readStreamer(carrierEvent(1, { trace: 'a7' })), 'event').extra).toBe('{"trace":"a7"}');
  });
});
