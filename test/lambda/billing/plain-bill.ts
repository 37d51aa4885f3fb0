import type { OpeningBalance, RosterEntry, SimRecords } from '../../../lambda/billing/sim-records.ts';
import type { BilledUsage } from '../../../lambda/billing/tariff.ts';
import { addMonths, countDay, findYear, listSpans, nameDay, readDay, type Span } from './plain-calendar.ts';
import {
  ceilTo,
  type Fraction,
  formatFraction,
  isMore,
  isZero,
  minus,
  nothing,
  plus,
  readFraction,
  roundTo,
  smaller,
  sum,
  times,
} from './plain-fractions.ts';
import type { PlainTariff } from './plain-tariff.ts';

/**
 * A slow rater, written from docs/bills.md. It shares no code with the one that it judges: fractions of whole numbers, a
 * tariff as its file has it, and every quantity filtered from all records again.
 */

/** A bill's total, and the amounts of lines that have one, each as a text. */
export interface PlainBill {
  readonly total: string;
  readonly lines: readonly string[];
  /** The same lines taken apart, but for what tax is. */
  readonly parts: readonly PlainLine[];
}

/** A line that has an amount. */
export interface PlainLine {
  /** Undefined for the account. */
  readonly sim: string | undefined;
  /** Of the charge, fee or discount. */
  readonly name: string;
  /** Undefined for what is not usage of a SIM. */
  readonly usage: PlainUsage | undefined;
  readonly amount: Fraction;
}

/** Quantities of a line, in the unit of its charge. */
export interface PlainUsage {
  /** In the order of the tariff's lines. */
  readonly dimensions: readonly string[];
  readonly used: Fraction;
  readonly rounded: Fraction;
  readonly billed: Fraction;
  /** What was rounded up as a whole, one by one. */
  readonly increments: readonly Fraction[];
  /** Of the first tier. */
  readonly price: Fraction;
  readonly exact: Fraction;
}

interface Placed {
  readonly usage: BilledUsage;
  readonly day: string;
  readonly charge: PlainTariff['charges'][number];
  readonly price: number;
  /** What the charge counts of a text message; undefined of data. */
  readonly messages: number | undefined;
}

interface Line {
  readonly sim: string | undefined;
  readonly charge: PlainTariff['charges'][number];
  readonly price: number;
  readonly dimensions: readonly string[];
  readonly increments: Fraction[];
  used: Fraction;
  quantity: Fraction;
  billed: Fraction;
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
  if (unit === 'message') return sum(records.map(({ messages = 0 }) => [BigInt(messages), 1n]));
  const bytes = sum(
    records.map(({ usage: { volume, dataTotal } }) =>
      volume === undefined ? [BigInt(dataTotal), 1n] : times(readFraction(volume), bytesIn('MB', kilobyte)),
    ),
  );
  return times(bytes, [1n, unitBytes]);
}

/** What the charges of a tariff count of a record: of text messages, each direction has the first charge that fits it. */
function findCharges(
  tariff: PlainTariff,
  usage: BilledUsage,
): { charge: Line['charge']; messages: number | undefined }[] {
  const fitting = tariff.charges.filter(
    ({ traffic, match }) =>
      traffic === usage.trafficType &&
      (match.countries.length === 0 || match.countries.includes(usage.country ?? '')),
  );
  if (usage.trafficType !== 'sms')
    return fitting.slice(0, 1).map((charge) => ({ charge, messages: undefined }));
  const [fromDevice, toDevice] =
    usage.carrier === 'emnify' ? [usage.messagesRx, usage.messagesTx] : [usage.messagesTx, usage.messagesRx];
  const first = (way: string) => fitting.find(({ direction }) => direction === 'both' || direction === way);
  const [sender, receiver] = [first('from-device'), first('to-device')];
  if (sender !== undefined && sender === receiver) {
    return usage.messages === undefined ? [] : [{ charge: sender, messages: usage.messages }];
  }
  return [
    { charge: sender, messages: fromDevice },
    { charge: receiver, messages: toDevice },
  ].flatMap(({ charge, messages }) =>
    charge === undefined || messages === undefined || messages === 0 ? [] : [{ charge, messages }],
  );
}

/** What an account's period has, before what all SIMs share. */
interface AccountPeriod {
  readonly span: Span;
  readonly amounts: Map<string, Fraction>;
  readonly sharedLines: Line[];
  usageSum: Fraction;
  active: number;
}

/** The bill of a month by one tariff. */
export function makePlainBill(
  tariff: PlainTariff,
  sims: readonly SimRecords[],
  roster: ReadonlyMap<string, RosterEntry>,
  month: string,
  balances: readonly OpeningBalance[] = [],
): PlainBill {
  const { per: roundsPer, decimals, mode } = tariff.rounding;
  const roundMoney = (value: Fraction): Fraction => roundTo(value, decimals, mode);
  const isShared = (charge: Line['charge']): boolean =>
    charge.tierScope === 'account' ||
    tariff.allowances.some(({ of, charges }) => of !== 'sim' && charges.includes(charge.name));
  const isOfMonth = ([, to]: Span): boolean => nameDay(countDay(to) - 1).startsWith(month);
  const texts: string[] = [];
  const parts: PlainLine[] = [];
  const periods = new Map<string, AccountPeriod>();
  const openPeriod = (span: Span): AccountPeriod => {
    const known = periods.get(span.join());
    if (known !== undefined) return known;
    const made = { span, amounts: new Map(), sharedLines: [], usageSum: nothing, active: 0 };
    periods.set(span.join(), made);
    return made;
  };
  const note = (period: AccountPeriod, text: string, key: string, amount: Fraction): void => {
    period.amounts.set(key, plus(period.amounts.get(key) ?? nothing, amount));
    texts.push(`${text} ${formatFraction(amount)}`);
  };
  for (const records of sims) {
    const entry = roster.get(records.sim);
    const spans = listSpans(tariff, entry?.activated);
    if (spans === undefined) continue;
    const own = spans.filter(isOfMonth);
    const [first] = own;
    if (first === undefined) continue;
    const opened = balances.filter(({ sim }) => sim === records.sim);
    const placed = records.usage.flatMap((usage): Placed[] => {
      const time = findTime(tariff, usage, records);
      if (time === undefined) return [];
      const day = readDay(time, tariff.timeZone);
      return findCharges(tariff, usage).map(({ charge, messages }) => {
        return { usage, day, charge, messages, price: pickPrice(charge.prices, day) };
      });
    });
    // What an opening balance states already is not added to it.
    const counted = placed.filter(
      ({ usage, day, charge }) =>
        day >= first[0] ||
        !opened.some(
          ({ name, network, at }) =>
            day < at &&
            (name === charge.name ||
              tariff.allowances.some((one) => one.name === name && one.charges.includes(charge.name))) &&
            (network === undefined || network === `${usage.mcc}-${usage.mnc}`),
        ),
    );
    const draw = (span: Span): Line[] =>
      drawLines(tariff, records.sim, counted, span, { opened, activated: entry?.activated });
    const isIn = ([from, to]: Span, day: string): boolean => day >= from && day < to;
    // What was taken off in the periods before is gone. Before the first period, all is one.
    const lifetimes = new Map<string, Fraction>();
    for (const { name, quantity, unit, lasts } of tariff.allowances) {
      if (lasts !== 'lifetime') continue;
      const all = times(readFraction(quantity), bytesIn(unit, tariff.kilobyte));
      const used = sum(
        opened
          .filter((one) => one.name === name)
          .map((one) => times(readFraction(one.used.toFixed()), bytesIn(unit, tariff.kilobyte))),
      );
      lifetimes.set(name, isMore(used, all) ? nothing : minus(all, used));
    }
    const takeIncluded = (lines: readonly Line[]): void => {
      for (const allowance of tariff.allowances.filter(({ of }) => of === 'sim')) {
        const size =
          lifetimes.get(allowance.name) ??
          times(readFraction(allowance.quantity), bytesIn(allowance.unit, tariff.kilobyte));
        const left = takeOff(tariff, allowance, size, lines);
        if (allowance.lasts === 'lifetime') lifetimes.set(allowance.name, left);
      }
    };
    if (lifetimes.size > 0) {
      const outside = counted.filter(({ day }) => day < first[0] && spans.every((span) => !isIn(span, day)));
      takeIncluded(
        drawLines(tariff, records.sim, outside, ['0', first[0]], { opened, activated: entry?.activated }),
      );
      for (const span of spans) if (span[1] <= first[0]) takeIncluded(draw(span));
    }
    for (const span of own) {
      const period = openPeriod(span);
      const inPeriod = records.usage.filter((usage) => {
        const time = findTime(tariff, usage, records);
        return time !== undefined && isIn(span, readDay(time, tariff.timeZone));
      });
      if (inPeriod.length > 0) period.active += 1;
      const lines = draw(span);
      takeIncluded(lines);
      const unshared = lines.filter(({ charge }) => !isShared(charge));
      period.sharedLines.push(...lines.filter(({ charge }) => isShared(charge)));
      let simSum = nothing;
      for (const [line, exact] of priceLines(unshared)) {
        const amount = roundsPer === 'line' ? roundMoney(exact) : exact;
        simSum = plus(simSum, amount);
        const text = `${records.sim} ${line.charge.name} ${line.price} ${line.dimensions.join('|')}`;
        note(period, text, line.charge.name, amount);
        const { charge, price, dimensions, increments, used, quantity: rounded, billed } = line;
        const first = readFraction(charge.prices[price]?.tiers[0]?.price ?? '0');
        const usage = { dimensions, increments, used, rounded, billed, price: first, exact };
        parts.push({ sim: records.sim, name: charge.name, usage, amount });
      }
      period.usageSum = plus(period.usageSum, simSum);
      if (roundsPer === 'sim') {
        const rounding = minus(roundMoney(simSum), simSum);
        if (!isZero(rounding)) note(period, `${records.sim} rounding`, '(rounding)', rounding);
        simSum = roundMoney(simSum);
      }
      const withData = inPeriod.filter(
        ({ trafficType, volume, dataTotal }) =>
          trafficType === 'data' &&
          (volume === undefined ? dataTotal > 0 : !isZero(readFraction(volume)) || dataTotal > 0),
      );
      const [from, to] = span;
      const selected = {
        active: inPeriod.length > 0,
        data: withData.length > 0,
        listed: entry !== undefined && (entry.from ?? '') < to && (entry.to ?? '9') > from,
      };
      const { minimum } = tariff;
      if (minimum !== undefined && selected[minimum.of]) {
        const missing = minus(readFraction(minimum.amount), simSum);
        if (isMore(missing, nothing)) note(period, `${records.sim} minimum`, '(minimum)', missing);
      }
      for (const fee of tariff.fees) {
        const amount = readFraction(fee.prices[pickPrice(fee.prices, from)]?.price ?? '0');
        if (isZero(amount)) continue;
        const networks = new Set(withData.map(({ mcc, mnc }) => `${mcc}-${mnc}`));
        const isActivated = entry?.activated !== undefined && isIn(span, entry.activated);
        const howOften =
          fee.per === 'sim-and-network'
            ? networks.size
            : Number(fee.per === 'activation' ? isActivated : fee.per === 'sim' && selected[fee.of]);
        for (let index = 0; index < howOften; index += 1) {
          note(period, `${records.sim} ${fee.name}`, fee.name, amount);
          parts.push({ sim: records.sim, name: fee.name, usage: undefined, amount });
        }
      }
    }
  }
  // What all SIMs share. Where each SIM has periods of its own, the account's is the month.
  const ofAccount = (
    listSpans(tariff, undefined) ?? [[`${month}-01`, addMonths(`${month}-01`, 1)] as const]
  ).filter(isOfMonth);
  for (const span of ofAccount) openPeriod(span);
  for (const period of periods.values()) {
    const account = joinLines(tariff, period.sharedLines);
    for (const allowance of tariff.allowances.filter(({ of }) => of !== 'sim')) {
      const share = allowance.of === 'pool' ? BigInt(period.active) : 1n;
      const size = times(readFraction(allowance.quantity), bytesIn(allowance.unit, tariff.kilobyte));
      takeOff(tariff, allowance, times(size, [share, 1n]), account);
    }
    for (const [line, exact] of priceLines(account)) {
      // Amounts of 0 that come of nothing are lines, too.
      const amount = roundsPer === 'line' ? roundMoney(exact) : exact;
      period.usageSum = plus(period.usageSum, amount);
      note(period, `account ${line.charge.name} ${line.price}`, line.charge.name, amount);
    }
    if (roundsPer === 'invoice') {
      const rounding = minus(roundMoney(period.usageSum), period.usageSum);
      if (!isZero(rounding)) note(period, 'account rounding', '(rounding)', rounding);
    }
    const [from] = period.span;
    const hasFees = ofAccount.some((span) => span.join() === period.span.join());
    for (const fee of tariff.fees.filter(({ per }) => per === 'account' && hasFees)) {
      const amount = readFraction(fee.prices[pickPrice(fee.prices, from)]?.price ?? '0');
      if (!isZero(amount)) note(period, `account ${fee.name}`, fee.name, amount);
    }
    const before = new Map(period.amounts);
    for (const { name: discount, percent, on } of tariff.discounts) {
      const base = sum(
        [...before].filter(([key]) => on.length === 0 || on.includes(key)).map(([, amount]) => amount),
      );
      const off = roundMoney(times(base, times(readFraction(percent), [1n, 100n])));
      if (isZero(off)) continue;
      note(period, `account ${discount}`, '(discount)', minus(nothing, off));
      parts.push({ sim: undefined, name: discount, usage: undefined, amount: minus(nothing, off) });
    }
  }
  const addAll = (): Fraction => sum([...periods.values()].flatMap(({ amounts }) => [...amounts.values()]));
  const [account] = ofAccount;
  if (account === undefined) return { total: formatFraction(addAll()), lines: texts.sort(), parts };
  const closing = openPeriod(account);
  if (tariff.commitment !== undefined) {
    const missing = minus(readFraction(tariff.commitment), addAll());
    if (isMore(missing, nothing)) note(closing, 'account commitment', '(commitment)', missing);
  }
  if (tariff.tax !== undefined) {
    const tax = roundMoney(times(addAll(), times(readFraction(tariff.tax.percent), [1n, 100n])));
    if (!isZero(tax)) note(closing, `account ${tariff.tax.name}`, '(tax)', tax);
  }
  return { total: formatFraction(addAll()), lines: texts.sort(), parts };
}

/** When a record counts; undefined for an open session that is billed at its end. */
function findTime(
  { attribution }: PlainTariff,
  usage: BilledUsage,
  { usage: all, sessions }: SimRecords,
): string | undefined {
  if (attribution === 'record') return usage.start;
  const { sessionId } = usage;
  if (sessionId === undefined || usage.trafficType !== 'data') {
    if (attribution === 'start') return usage.start;
    return [usage.start, usage.end].sort()[1];
  }
  const session = sessions.find((one) => one.sessionId === sessionId && one.source === usage.source);
  if (attribution === 'close') return session?.end;
  const starts = all
    .filter((one) => one.sessionId === sessionId && one.source === usage.source)
    .map(({ start }) => start);
  return session?.start ?? starts.sort()[0];
}

/** The lines of one SIM's bill in a period, before allowances. */
function drawLines(
  tariff: PlainTariff,
  sim: string,
  counted: readonly Placed[],
  [from, to]: Span,
  {
    opened,
    activated,
  }: { readonly opened: readonly OpeningBalance[]; readonly activated: string | undefined },
): Line[] {
  const groups = new Map<string, Placed[]>();
  for (const one of counted) {
    if (one.day < from || one.day >= to) continue;
    const { usage, charge, price } = one;
    const { step, minimum } = charge.increment;
    const scope =
      step === undefined && minimum === undefined
        ? [`${usage.country ?? ''}|${usage.mcc}-${usage.mnc}|${usage.rateZone}`]
        : nameScope(one, activated);
    const key = [charge.name, price, ...scope].join('#');
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const lines: Line[] = [];
  for (const records of groups.values()) {
    const [first] = records;
    if (first === undefined) continue;
    const { charge, price, day } = first;
    const { per, by } = charge.increment;
    let quantity = roundQuantity(charge, measure(records, charge.unit, tariff.kilobyte));
    const isRounded = charge.increment.step !== undefined || charge.increment.minimum !== undefined;
    if (per === 'year' && isRounded) {
      // A step that was begun earlier in the year is not counted again.
      const year = findYear(activated, day);
      const network = by.includes('network') ? `${first.usage.mcc}-${first.usage.mnc}` : undefined;
      const balance = sum(
        opened
          .filter(
            (one) =>
              one.name === charge.name && one.network === network && findYear(activated, one.at) === year,
          )
          .map(({ used }) => readFraction(used.toFixed())),
      );
      const scope = nameScope(first, activated).join('#');
      const earlier = counted.filter(
        (one) =>
          one.charge === charge &&
          nameScope(one, activated).join('#') === scope &&
          (one.day < from || (one.day < to && one.price < price)),
      );
      const before = plus(balance, measure(earlier, charge.unit, tariff.kilobyte));
      const after = plus(before, measure(records, charge.unit, tariff.kilobyte));
      quantity = minus(roundQuantity(charge, after), roundQuantity(charge, before));
    }
    const dimensions = tariff.lines.map((name) => {
      const values = new Set(records.map(({ usage }) => readValue(usage, name)));
      return values.size === 1 ? ([...values][0] ?? '') : '*';
    });
    const used = measure(records, charge.unit, tariff.kilobyte);
    lines.push({ sim, charge, price, dimensions, increments: [quantity], used, quantity, billed: quantity });
  }
  return joinLines(tariff, lines, true);
}

/** What is rounded up as a whole. */
function nameScope({ usage, day, charge }: Placed, activated: string | undefined): string[] {
  const { per, by } = charge.increment;
  const isOfSession = usage.trafficType === 'data' && usage.sessionId !== undefined;
  const record = `record ${usage.source} ${usage.usageId}`;
  const session = isOfSession ? `session ${usage.source} ${usage.sessionId}` : record;
  const whole = { record, session, day, period: '', year: findYear(activated, day) }[per];
  const country = by.includes('country') ? [usage.country ?? ''] : [];
  return [whole, ...country, ...(by.includes('network') ? [`${usage.mcc}-${usage.mnc}`] : [])];
}

/** Up to the next step, at least to the minimum; nothing stays nothing. */
function roundQuantity({ increment: { step, minimum } }: Line['charge'], used: Fraction): Fraction {
  if (isZero(used)) return nothing;
  const rounded = step === undefined ? used : ceilTo(used, readFraction(step));
  return minimum !== undefined && isMore(readFraction(minimum), rounded) ? readFraction(minimum) : rounded;
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
    if (known === undefined) joined.set(key, { ...line, dimensions, increments: [...line.increments] });
    else {
      known.increments.push(...line.increments);
      known.used = plus(known.used, line.used);
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

/** Takes an allowance off lines; sizes are in bytes. @returns what is left. */
function takeOff(
  { kilobyte }: PlainTariff,
  allowance: PlainTariff['allowances'][number],
  size: Fraction,
  lines: readonly Line[],
): Fraction {
  let left = size;
  for (const name of allowance.charges) {
    for (const line of lines.filter(({ charge }) => charge.name === name)) {
      const unit = bytesIn(line.charge.unit, kilobyte);
      const taken = smaller(times(line.billed, unit), left);
      left = minus(left, taken);
      line.billed = minus(line.billed, times(taken, [1n, unit[0]]));
    }
  }
  return left;
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
