import { isCostMoney } from '../carriers/cost.ts';
import { timeOf } from '../carriers/time.ts';
import type { LedgerEvent, Usage } from '../ledger/observation.ts';
import { type Carrier, carriers } from '../sources.ts';
import type { Item } from './items.ts';

/** Usage records and events as they are read: all that their items hold, but for how full a statement made them. */

export type StoredUsage = Omit<Usage, 'fullness'>;
export type StoredEvent = Omit<LedgerEvent, 'fullness' | 'arrivedAt'>;

/** The usage record that an item holds. */
export function usageOf(item: Item): StoredUsage {
  const carrier = carrierOf(item);
  return {
    sim: text(item, 'sim'),
    usageId: text(item, 'usageId'),
    source: text(item, 'source'),
    carrier,
    iccid: item['iccid']?.S,
    imsi: item['imsi']?.S,
    start: text(item, 'start'),
    end: text(item, 'end'),
    recordId: text(item, 'recordId'),
    sessionId: item['sessionId']?.S,
    trafficType: text(item, 'trafficType'),
    dataUploaded: wholeNumber(item, 'dataUploaded'),
    dataDownloaded: wholeNumber(item, 'dataDownloaded'),
    dataTotal: wholeNumber(item, 'dataTotal') ?? 0,
    messages: wholeNumber(item, 'messages'),
    messagesTx: wholeNumber(item, 'messagesTx'),
    messagesRx: wholeNumber(item, 'messagesRx'),
    volume: item['volume']?.S,
    ...costOf(item, carrier),
    operatorName: item['operatorName']?.S,
    mcc: item['mcc']?.S,
    mnc: item['mnc']?.S,
    country: item['country']?.S,
    radio: item['radio']?.S,
    apn: item['apn']?.S,
    imei: item['imei']?.S,
    writtenImei: item['writtenImei']?.S,
    tariff: item['tariff']?.S,
    rateZone: item['rateZone']?.S,
    dataModifier: item['dataModifier']?.S,
    extra: item['extra']?.S,
    observedAt: stamp(item, 'observedAt'),
    sessionUploaded: wholeNumber(item, 'sessionUploaded'),
    sessionDownloaded: wholeNumber(item, 'sessionDownloaded'),
    sessionTotal: wholeNumber(item, 'sessionTotal'),
  };
}

/** The event that an item holds. */
export function eventOf(item: Item): StoredEvent {
  return {
    sim: text(item, 'sim'),
    eventKey: text(item, 'eventKey'),
    source: text(item, 'source'),
    carrier: carrierOf(item),
    iccid: item['iccid']?.S,
    imsi: item['imsi']?.S,
    time: text(item, 'time'),
    eventId: text(item, 'eventId'),
    type: text(item, 'type'),
    carrierType: text(item, 'carrierType'),
    severity: item['severity']?.S,
    alert: item['alert']?.BOOL,
    description: item['description']?.S,
    detail: item['detail']?.S,
    sessionId: item['sessionId']?.S,
    network: {
      radio: item['radio']?.S,
      ratType: item['ratType']?.S,
      mcc: item['mcc']?.S,
      mnc: item['mnc']?.S,
      operatorName: item['operatorName']?.S,
      country: item['country']?.S,
    },
    cellId: item['cellId']?.S,
    extra: item['extra']?.S,
  };
}

/** Items that older versions wrote hold a cost that is no money as money, in a currency. */
function costOf(item: Item, carrier: Carrier): Pick<Usage, 'cost' | 'currency' | 'costVolume'> {
  const cost = item['cost']?.N;
  if (isCostMoney(carrier)) return { cost, currency: item['currency']?.S, costVolume: undefined };
  return { cost: undefined, currency: undefined, costVolume: item['costVolume']?.S ?? cost };
}

function text(item: Item, name: string): string {
  return item[name]?.S ?? '';
}

function wholeNumber(item: Item, name: string): number | undefined {
  const digits = item[name]?.N;
  return digits === undefined ? undefined : Number(digits);
}

function stamp(item: Item, name: string): string | undefined {
  const milliseconds = wholeNumber(item, name);
  return milliseconds === undefined ? undefined : timeOf(milliseconds);
}

function carrierOf(item: Item): Usage['carrier'] {
  const name = item['carrier']?.S;
  const carrier = carriers.find((known) => known === name);
  if (carrier === undefined) throw new Error(`An item of the ledger names the carrier ${name}`);
  return carrier;
}
