import { describe, expect, test } from 'vitest';
import { maskFields, maskText } from '../../../cli/terminal/masking.ts';
import { itemAttributes } from '../../../lambda/store/schema.ts';

describe('raw bytes are shown without personal values', () => {
  test.each([
    ['{"imsi":"901405100000001","mcc":"262"}', '{"imsi":"…0001","mcc":"262"}'],
    ['{"iccid":8988280666001000001}', '{"iccid":…0001}'],
    [
      '{"ip_address":"100.68.56.159","time":"2026-11-02T10:00:00Z"}',
      '{"ip_address":"…","time":"2026-11-02T10:00:00Z"}',
    ],
    ['IP=2001:db8::1, at 10:15:00', 'IP=…, at 10:15:00'],
    [
      '{"user":{"username":"ada@example.com","name":"Ada \\"A\\" L"}}',
      '{"user":{"username":"…","name":"…"}}',
    ],
    ['{"sim_unique_name": "Ada\'s watch", "name": ""}', '{"sim_unique_name": "…", "name": ""}'],
    ['"4427264001","2026-05-11 11:17:25","89882806660010000011"', '"…4001","2026-05-11 11:17:25","…0011"'],
    ['{"username":"Ada', '{"username":"…'],
    ['mail ada@example.com', 'mail …'],
    ['', ''],
  ])('%s', (text, masked) => {
    expect(maskText(text)).toBe(masked);
  });
});

test('fields that hold personal values are masked wherever they are, and others stay', () => {
  const fields = {
    iccid: '8988280666001000001',
    imei: '863576047850001',
    msisdn: null,
    network: { imsi: '123', operator_name: 'T-Mobile' },
    sessions: [{ ip_address: '10.0.0.10', ipAddress: '10.0.0.11', data_total: 12 }],
    detail: '{"imsi":"901405100000001"}',
    description: 'from 10.0.0.10',
  };
  expect(maskFields(fields)).toEqual({
    iccid: '8988280666001000001',
    imei: '…0001',
    msisdn: null,
    network: { imsi: '…', operator_name: 'T-Mobile' },
    sessions: [{ ip_address: '…0.10', ipAddress: '…0.11', data_total: 12 }],
    detail: '{"imsi":"…0001"}',
    description: 'from …',
  });
});

/** Attributes that are shown unmasked. A new attribute belongs here or to `masking.ts`. */
const shownAttributes = (
  'accountId apn carrier carrierType cellId costVolume country currency dataModifier delivered end ' +
  'error eventId eventKey fleetSid header iccid lac lastEvent lastEventTime lastUpdated mcc mnc ' +
  'noted object onlineChanged operatorName radio ratType rateZone reason recordId sessionId ' +
  'severity sim simId simName simSid source start state status tariff time trafficType type usageId ' +
  'volume writtenIccid'
).split(' ');

test('every text attribute of an item is either masked or known to be shown', () => {
  const texts = Object.values(itemAttributes).flatMap((attributes) =>
    attributes.filter(({ type }) => type === 'S').map(({ name }) => name),
  );
  const values = Object.fromEntries(texts.map((name) => [name, '863576047850001']));
  const masked = maskFields(values);
  const shown = Object.keys(values).filter((name) => masked[name] === values[name]);
  expect(shown.sort()).toEqual(shownAttributes.toSorted());
});
