import type { RosterEntry, SimRecords } from '../../../lambda/billing/rate.ts';
import type { BilledUsage } from '../../../lambda/billing/tariff.ts';

/**
 * A slow rater, written from docs/billing.md. It shares no code with the one that it judges: fractions of whole numbers, a
 * tariff as its file has it, and every quantity filtered from all records again.
 */

/** A fraction; the denominator is above 0. */
export type Fraction = readonly [bigint, bigint];

const nothing: Fraction = [0n, 1n];

export function readFraction(text: string | number): Fraction {
  const [whole = '', digits = ''] = String(text).split('.');
  return [BigInt(whole + digits), 10n ** BigInt(digits.length)];
}

const plus = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * d + c * b, b * d];
const minus = (a: Fraction, [c, d]: Fraction): Fraction => plus(a, [-c, d]);
const times = ([a, b]: Fraction, [c, d]: Fraction): Fraction => [a * c, b * d];
const isMore = ([a, b]: Fraction, [c, d]: Fraction): boolean => a * d > c * b;
const isZero = ([a]: Fraction): boolean => a === 0n;
const smaller = (a: Fraction, b: Fraction): Fraction => (isMore(a, b) ? b : a);
const sum = (list: readonly Fraction[]): Fraction => list.reduce(plus, nothing);

/** To the next whole multiple of a step. */
function ceilTo(value: Fraction, step: Fraction): Fraction {
  const [n, d] = times(value, [step[1], step[0]]);
  const whole = n % d === 0n ? n / d : n / d + 1n;
  return times([whole, 1n], step);
}

/** Rounds to a number of decimals, of a value of either sign. */
function roundTo(value: Fraction, decimals: number, mode: string): Fraction {
  const scale = 10n ** BigInt(decimals);
  const isNegative = value[0] < 0n;
  const [n, d] = times([isNegative ? -value[0] : value[0], value[1]], [scale, 1n]);
  const floor = n / d;
  const rest = (n % d) * 2n;
  const isUp =
    mode === 'up'
      ? rest > 0n
      : mode === 'down'
        ? false
        : rest > d || (rest === d && (mode === 'half-up' || floor % 2n === 1n));
  const units = isUp ? floor + 1n : floor;
  return [isNegative ? -units : units, scale];
}

/** A fraction with finitely many digits as a plain decimal. */
export function formatFraction([n, d]: Fraction): string {
  const isNegative = n < 0n;
  let rest = isNegative ? -n : n;
  const whole = rest / d;
  rest %= d;
  let digits = '';
  while (rest !== 0n) {
    rest *= 10n;
    digits += String(rest / d);
    rest %= d;
  }
  const text = digits === '' ? String(whole) : `${whole}.${digits}`;
  return isNegative && text !== '0' ? `-${text}` : text;
}

/** A tariff as the generator writes its file: every key is there. */
export interface PlainTariff {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly period: { readonly kind: 'month'; readonly startDay: number };
  readonly attribution: 'record' | 'start' | 'close';
  readonly kilobyte: 1000 | 1024;
  readonly lines: readonly ('country' | 'network' | 'zone')[];
  readonly charges: readonly {
    readonly name: string;
    readonly match: { readonly countries: readonly string[] };
    readonly unit: 'B' | 'KB' | 'MB';
    readonly increment: {
      readonly step?: string;
      readonly per: 'record' | 'session' | 'day' | 'period';
      readonly by: readonly ('country' | 'network')[];
      readonly minimum?: string;
    };
    readonly prices: readonly {
      readonly from?: string;
      readonly tiers: readonly { readonly upTo?: string; readonly price: string }[];
    }[];
    readonly tiering: 'graduated' | 'volume';
    readonly tierScope: 'sim' | 'account';
  }[];
  readonly allowances: readonly {
    readonly name: string;
    readonly charges: readonly string[];
    readonly quantity: string;
    readonly unit: 'KB' | 'MB';
    readonly of: 'sim' | 'pool' | 'account';
  }[];
  readonly rounding: {
    readonly per: 'line' | 'sim' | 'invoice';
    readonly decimals: number;
    readonly mode: string;
  };
  readonly minimum?: { readonly amount: string; readonly of: 'active' | 'data' };
  readonly fees: readonly {
    readonly name: string;
    readonly per: 'sim' | 'sim-and-network' | 'account' | 'activation';
    readonly of: 'active' | 'data' | 'listed';
    readonly prices: readonly { readonly from?: string; readonly price: string }[];
  }[];
  readonly discounts: readonly {
    readonly name: string;
    readonly percent: string;
    readonly on: readonly string[];
  }[];
  readonly commitment?: string;
  readonly tax?: { readonly name: string; readonly percent: string };
}

/** A bill's total, and the amounts of lines that have one, each as a text. */
export interface PlainBill {
  readonly total: string;
  readonly lines: readonly string[];
}

interface Placed {
  readonly usage: BilledUsage;
  readonly day: string;
  readonly charge: PlainTariff['charges'][number];
  readonly price: number;
}

interface Line {
  readonly sim: string | undefined;
  readonly charge: PlainTariff['charges'][number];
  readonly price: number;
  readonly dimensions: readonly string[];
  quantity: Fraction;
  billed: Fraction;
}

/** The day of a moment in a time zone. */
function readDay(time: string, timeZone: string): string {
  return new Date(time).toLocaleString('sv-SE', { timeZone }).slice(0, 10);
}

/** The price in force on a day. */
function pickPrice(prices: readonly { readonly from?: string }[], day: string): number {
  let found = 0;
  for (const [index, { from }] of prices.entries()) if (index > 0 && (from ?? '') <= day) found = index;
  return found;
}

const bytesIn = (unit: string, kilobyte: number): Fraction => [
  BigInt(kilobyte) ** BigInt({ B: 0, KB: 1, MB: 2 }[unit] ?? 0),
  1n,
];

/** What records measure in a charge's unit. */
function measure(records: readonly Placed[], unit: string, kilobyte: number): Fraction {
  const [unitBytes] = bytesIn(unit, kilobyte);
  const bytes = sum(
    records.map(({ usage: { volume, dataTotal } }) =>
      volume === undefined ? [BigInt(dataTotal), 1n] : times(readFraction(volume), bytesIn('MB', kilobyte)),
    ),
  );
  return times(bytes, [1n, unitBytes]);
}

/** The bill of a month by one tariff. */
export function makePlainBill(
  tariff: PlainTariff,
  sims: readonly SimRecords[],
  roster: ReadonlyMap<string, RosterEntry>,
  month: string,
): PlainBill {
  const { startDay } = tariff.period;
  const number = Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
  const name = (months: number): string =>
    `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}-${String(startDay).padStart(2, '0')}`;
  const [from, to] = startDay === 1 ? [name(number), name(number + 1)] : [name(number - 1), name(number)];
  const { per: roundsPer, decimals, mode } = tariff.rounding;
  const roundMoney = (value: Fraction): Fraction => roundTo(value, decimals, mode);
  const place = (records: SimRecords): Placed[] =>
    records.usage.flatMap((usage) => {
      const time = findTime(tariff, usage, records);
      if (time === undefined) return [];
      const day = readDay(time, tariff.timeZone);
      if (day < from || day >= to) return [];
      const charge = tariff.charges.find(
        ({ match }) => match.countries.length === 0 || match.countries.includes(usage.country ?? ''),
      );
      return charge === undefined ? [] : [{ usage, day, charge, price: pickPrice(charge.prices, day) }];
    });
  const isShared = (charge: Line['charge']): boolean =>
    charge.tierScope === 'account' ||
    tariff.allowances.some(({ of, charges }) => of !== 'sim' && charges.includes(charge.name));
  const texts: string[] = [];
  const amounts = new Map<string, Fraction>();
  const note = (text: string, key: string, amount: Fraction): void => {
    amounts.set(key, plus(amounts.get(key) ?? nothing, amount));
    texts.push(`${text} ${formatFraction(amount)}`);
  };
  let usageSum = nothing;
  let active = 0;
  const sharedLines: Line[] = [];
  for (const records of sims) {
    const placed = place(records);
    const inPeriod = records.usage.filter((usage) => {
      const time = findTime(tariff, usage, records);
      const day = time === undefined ? '' : readDay(time, tariff.timeZone);
      return day >= from && day < to;
    });
    if (inPeriod.length > 0) active += 1;
    const lines = drawLines(tariff, records.sim, placed);
    for (const allowance of tariff.allowances.filter(({ of }) => of === 'sim'))
      takeOff(tariff, allowance, readFraction(allowance.quantity), lines);
    const own = lines.filter(({ charge }) => !isShared(charge));
    sharedLines.push(...lines.filter(({ charge }) => isShared(charge)));
    let simSum = nothing;
    for (const [line, exact] of priceLines(own)) {
      const amount = roundsPer === 'line' ? roundMoney(exact) : exact;
      simSum = plus(simSum, amount);
      note(
        `${records.sim} ${line.charge.name} ${line.price} ${line.dimensions.join('|')}`,
        line.charge.name,
        amount,
      );
    }
    usageSum = plus(usageSum, simSum);
    if (roundsPer === 'sim') {
      const rounding = minus(roundMoney(simSum), simSum);
      if (!isZero(rounding)) note(`${records.sim} rounding`, '(rounding)', rounding);
      simSum = roundMoney(simSum);
    }
    const withData = inPeriod.filter(({ volume, dataTotal }) =>
      volume === undefined ? dataTotal > 0 : !isZero(readFraction(volume)) || dataTotal > 0,
    );
    const entry = roster.get(records.sim);
    const selected = {
      active: inPeriod.length > 0,
      data: withData.length > 0,
      listed: entry !== undefined && (entry.from ?? '') < to && (entry.to ?? '9') > from,
    };
    const { minimum } = tariff;
    if (minimum !== undefined && selected[minimum.of]) {
      const missing = minus(readFraction(minimum.amount), simSum);
      if (isMore(missing, nothing)) note(`${records.sim} minimum`, '(minimum)', missing);
    }
    for (const fee of tariff.fees) {
      const amount = readFraction(fee.prices[pickPrice(fee.prices, from)]?.price ?? '0');
      if (isZero(amount)) continue;
      const networks = new Set(withData.map(({ mcc, mnc }) => `${mcc}-${mnc}`));
      const isActivated = (entry?.activated ?? '') >= from && (entry?.activated ?? '') < to;
      const howOften =
        fee.per === 'sim-and-network'
          ? networks.size
          : Number(fee.per === 'activation' ? isActivated : fee.per === 'sim' && selected[fee.of]);
      for (let index = 0; index < howOften; index += 1) note(`${records.sim} ${fee.name}`, fee.name, amount);
    }
  }
  // What all SIMs share.
  const account = joinLines(tariff, sharedLines);
  for (const allowance of tariff.allowances.filter(({ of }) => of !== 'sim')) {
    const share = allowance.of === 'pool' ? BigInt(active) : 1n;
    takeOff(tariff, allowance, times(readFraction(allowance.quantity), [share, 1n]), account);
  }
  for (const [line, exact] of priceLines(account)) {
    // Amounts of 0 that come of nothing are lines, too.
    const amount = roundsPer === 'line' ? roundMoney(exact) : exact;
    usageSum = plus(usageSum, amount);
    note(`account ${line.charge.name} ${line.price}`, line.charge.name, amount);
  }
  if (roundsPer === 'invoice') {
    const rounding = minus(roundMoney(usageSum), usageSum);
    if (!isZero(rounding)) note('account rounding', '(rounding)', rounding);
  }
  for (const fee of tariff.fees.filter(({ per }) => per === 'account')) {
    const amount = readFraction(fee.prices[pickPrice(fee.prices, from)]?.price ?? '0');
    if (!isZero(amount)) note(`account ${fee.name}`, fee.name, amount);
  }
  const before = new Map(amounts);
  for (const { name: discount, percent, on } of tariff.discounts) {
    const base = sum(
      [...before].filter(([key]) => on.length === 0 || on.includes(key)).map(([, amount]) => amount),
    );
    const off = roundMoney(times(base, times(readFraction(percent), [1n, 100n])));
    if (!isZero(off)) note(`account ${discount}`, '(discount)', minus(nothing, off));
  }
  const all = sum([...amounts.values()]);
  if (tariff.commitment !== undefined) {
    const missing = minus(readFraction(tariff.commitment), all);
    if (isMore(missing, nothing)) note('account commitment', '(commitment)', missing);
  }
  if (tariff.tax !== undefined) {
    const taxed = times(sum([...amounts.values()]), times(readFraction(tariff.tax.percent), [1n, 100n]));
    const tax = roundMoney(taxed);
    if (!isZero(tax)) note(`account ${tariff.tax.name}`, '(tax)', tax);
  }
  return { total: formatFraction(sum([...amounts.values()])), lines: texts.sort() };
}

/** When a record counts; undefined for an open session that is billed at its end. */
function findTime(
  { attribution }: PlainTariff,
  usage: BilledUsage,
  { usage: all, sessions }: SimRecords,
): string | undefined {
  if (attribution === 'record') return usage.start;
  const { sessionId } = usage;
  if (sessionId === undefined) {
    if (attribution === 'start') return usage.start;
    return [usage.start, usage.end].sort()[1];
  }
  const session = sessions.find((one) => one.sessionId === sessionId && one.source === usage.source);
  if (attribution === 'close') return session?.end;
  const starts = all.filter((one) => one.sessionId === sessionId).map(({ start }) => start);
  return session?.start ?? starts.sort()[0];
}

/** What stands on the bill of one SIM before allowances. */
function drawLines(tariff: PlainTariff, sim: string, placed: readonly Placed[]): Line[] {
  const groups = new Map<string, Placed[]>();
  for (const one of placed) {
    const { usage, day, charge, price } = one;
    const { step, per, by, minimum } = charge.increment;
    const country = usage.country ?? '';
    const network = `${usage.mcc}-${usage.mnc}`;
    const session = usage.sessionId ?? `record ${usage.usageId}`;
    const scope =
      step === undefined && minimum === undefined
        ? [`${country}|${network}|${usage.rateZone}`]
        : [
            { record: usage.usageId, session, day, period: '' }[per],
            ...(by.includes('country') ? [country] : []),
            ...(by.includes('network') ? [network] : []),
          ];
    const key = [charge.name, price, ...scope].join('#');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const lines: Line[] = [];
  for (const records of groups.values()) {
    const [first] = records;
    if (first === undefined) continue;
    const { charge, price } = first;
    const { step, minimum } = charge.increment;
    const used = measure(records, charge.unit, tariff.kilobyte);
    let quantity = used;
    if (step !== undefined) quantity = ceilTo(used, readFraction(step));
    if (minimum !== undefined && !isZero(used) && isMore(readFraction(minimum), quantity))
      quantity = readFraction(minimum);
    const dimensions = tariff.lines.map((name) => {
      const values = new Set(records.map(({ usage }) => readValue(usage, name)));
      return values.size === 1 ? ([...values][0] ?? '') : '*';
    });
    lines.push({ sim, charge, price, dimensions, quantity, billed: quantity });
  }
  return joinLines(tariff, lines, true);
}

function readValue(usage: BilledUsage, name: 'country' | 'network' | 'zone'): string {
  if (name === 'country') return usage.country ?? '';
  return name === 'zone' ? (usage.rateZone ?? '') : `${usage.mcc}-${usage.mnc}`;
}

/** Lines about the same thing as one, in the order in which allowances are used up. */
function joinLines(tariff: PlainTariff, lines: readonly Line[], bySim = false): Line[] {
  const joined = new Map<string, Line>();
  for (const line of lines) {
    const dimensions = bySim ? line.dimensions : [];
    const key = [line.charge.name, line.price, ...dimensions].join('#');
    const known = joined.get(key);
    if (known === undefined) joined.set(key, { ...line, dimensions });
    else {
      known.quantity = plus(known.quantity, line.quantity);
      known.billed = plus(known.billed, line.billed);
    }
  }
  return [...joined.values()].sort(
    (a, b) =>
      tariff.charges.indexOf(a.charge) - tariff.charges.indexOf(b.charge) ||
      a.price - b.price ||
      (a.dimensions.join('\u0000') < b.dimensions.join('\u0000') ? -1 : 1),
  );
}

/** Takes an allowance off lines. */
function takeOff(
  { kilobyte }: PlainTariff,
  allowance: PlainTariff['allowances'][number],
  size: Fraction,
  lines: readonly Line[],
): void {
  let left = times(size, bytesIn(allowance.unit, kilobyte));
  for (const name of allowance.charges) {
    for (const line of lines.filter(({ charge }) => charge.name === name)) {
      const unit = bytesIn(line.charge.unit, kilobyte);
      const taken = smaller(times(line.billed, unit), left);
      left = minus(left, taken);
      line.billed = minus(line.billed, times(taken, [1n, unit[0]]));
    }
  }
}

/** Lines with what they cost exactly. */
function priceLines(lines: readonly Line[]): [Line, Fraction][] {
  return lines.map((line, index) => {
    const { charge, billed, price } = line;
    const tiers = charge.prices[price]?.tiers ?? [];
    const ofCharge = lines.filter((other) => other.charge === charge);
    const total = sum(ofCharge.map((other) => other.billed));
    const before = sum(
      lines.slice(0, index).flatMap((other) => (other.charge === charge ? [other.billed] : [])),
    );
    if (charge.tiering === 'volume') {
      const reached = tiers.find(({ upTo }) => upTo === undefined || !isMore(total, readFraction(upTo)));
      return [line, times(billed, readFraction(reached?.price ?? '0'))];
    }
    // What all up to here costs, less what all before it costs.
    const cost = (quantity: Fraction): Fraction => {
      let from = nothing;
      let money = nothing;
      for (const { upTo, price: each } of tiers) {
        const to = upTo === undefined ? quantity : smaller(quantity, readFraction(upTo));
        if (isMore(to, from)) money = plus(money, times(minus(to, from), readFraction(each)));
        from = upTo === undefined ? from : readFraction(upTo);
      }
      return money;
    };
    return [line, minus(cost(plus(before, billed)), cost(before))];
  });
}
