import type { Cause, CauseSum, Compared } from '../../../lambda/billing/compare.ts';
import { type Decimal, formatDecimal, zero } from '../../../lambda/billing/decimal.ts';
import type { Explanation } from '../../../lambda/billing/explain.ts';
import type { RatingContext } from '../../../lambda/billing/rate.ts';
import type { Day } from '../../../lambda/days/day.ts';
import type { Finding } from '../../../lambda/days/findings/finding.ts';
import type { Manifest } from '../../../lambda/days/manifest.ts';
import { count } from '../../terminal/progress.ts';
import { countNoun } from '../../terminal/quantities.ts';
import { escapeHtml, type PageColumn, renderDocument, renderTable } from '../html.ts';
import { causeMeanings, checkMeanings } from './words.ts';

/** The page of a dispute pack, entirely in the words of an invoice. */

/** The result of the comparison. */
export interface PackSummary {
  /** The invoice's file name. */
  readonly invoice: string;
  readonly month: string;
  readonly currency: string;
  /** Lines of the invoice. */
  readonly lines: number;
  readonly total: Decimal;
  readonly ours: Decimal;
  readonly difference: Decimal;
  readonly notRated: Decimal;
  readonly causes: readonly (CauseSum & { readonly share: string | undefined })[];
  /** Differences on the page, the largest amount first. */
  readonly differing: readonly Compared[];
  readonly differingCount: number;
  /** What our bill leaves out or assumes, in sentences. */
  readonly notes: readonly string[];
}

/** A record of an example. */
export interface ExampleRecord {
  readonly id: string;
  readonly session: string | undefined;
  readonly start: string;
  /** The value that the carrier stated. */
  readonly stated: string;
  /** If records are rounded up together, their sum, on the first of them. */
  readonly used?: string;
  readonly rounded?: string;
}

/** A cause's largest line, down to its records. */
export interface PackExample {
  readonly cause: Cause;
  readonly compared: Compared;
  readonly steps: readonly Explanation[];
  readonly records: readonly ExampleRecord[];
}

/** The data of the comparison. */
export interface PackProof {
  readonly rating: RatingContext;
  /** The largest amount first. */
  readonly examples: readonly PackExample[];
  /** Some of them. */
  readonly findings: readonly (Finding & { readonly day: Day })[];
  readonly findingCount: number;
  readonly recordCount: number;
  readonly recordsLeftOut: number;
  readonly seals: readonly Manifest[];
  /** Days without a seal. */
  readonly openDays: readonly Day[];
  /** Whether the folder has full rows. */
  readonly hasRows: boolean;
}

/** The page, in HTML. */
export function renderPackPage(summary: PackSummary, proof: PackProof): string {
  const sections = [
    renderSummary(summary),
    renderCauses(summary),
    renderLines(summary),
    renderExamples(summary, proof),
    renderTariffs(summary, proof),
    renderRecords(proof),
    renderFindings(proof),
    renderSeals(proof),
  ];
  return renderDocument(`Invoice of ${summary.month}: what we ask you to check`, sections.join('\n'));
}

function renderParagraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function renderSection(title: string, body: readonly string[]): string {
  return `<h2>${escapeHtml(title)}</h2>\n${body.join('\n')}`;
}

function list(items: readonly string[]): string {
  return items.length === 0
    ? ''
    : `<ul>\n${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`;
}

function makeTextColumns(...names: readonly string[]): PageColumn[] {
  return names.map((name) => ({ name, isNumber: false }));
}

function makeNumberColumns(...names: readonly string[]): PageColumn[] {
  return names.map((name) => ({ name, isNumber: true }));
}

function renderSummary(summary: PackSummary): string {
  const { invoice, lines, total, ours, difference, notRated, currency, differingCount } = summary;
  const money = (value: Decimal): string => `${formatMoney(value)} ${currency}`;
  const ask = 'Please credit the excess, or tell us which lines of section 2 you disagree with, and why.';
  const verdict = difference.gt(zero)
    ? `The invoice is ${money(difference)} higher than the usage records that you delivered.`
    : difference.lt(zero)
      ? `The invoice is ${money(difference.abs())} lower than the usage records that you delivered.`
      : 'The totals agree; single lines differ.';
  return [
    `<p class="total">${escapeHtml(verdict)}</p>`,
    renderParagraph(
      `Each line of the invoice was compared with the usage records (CDRs) that you, the carrier, delivered to us for the same SIM, priced by the tariff below. ${differingCount === 1 ? '1 line differs' : `${count(differingCount)} lines differ`}. Each difference has a cause and an amount; the amounts add up to the total difference. ${ask}`,
    ),
    renderTable(
      [...makeTextColumns('', ''), ...makeNumberColumns(`amount in ${currency}`)],
      [
        ['Invoice', `${invoice}, ${countNoun(lines, 'line')}`, formatMoney(total)],
        ['Computed from your usage records', 'see section 4', formatMoney(ours)],
        ['Difference', 'see section 1', formatMoney(difference)],
        ['Not compared', 'tax, credits, one-off charges and other currencies', formatMoney(notRated)],
      ],
      'Invoice = computed + difference + not compared',
    ),
  ].join('\n');
}

function renderCauses({ causes, currency }: PackSummary): string {
  const rows = causes.map(({ kind, says, count: times, money, share }) => [
    ...[says, causeMeanings[kind], count(times), formatMoney(money), share === undefined ? '' : `${share} %`],
  ]);
  const columns = [
    ...makeTextColumns('cause', 'what it means'),
    ...makeNumberColumns('lines', `amount in ${currency}`, 'share'),
  ];
  return renderSection('1. What differs, and why', [
    renderParagraph('A positive amount was invoiced too much, a negative one too little.'),
    renderTable(columns, rows),
  ]);
}

function describeWhere({ dimensions }: Compared): string {
  return Object.values(dimensions).join(', ');
}

/** Two digits after the point, or as many as it has. */
function formatMoney(value: Decimal): string {
  const text = formatDecimal(value);
  return (text.split('.')[1] ?? '').length < 2 ? value.toFixed(2) : text;
}

function formatQuantity(value: Decimal | undefined): string {
  return value === undefined ? '' : formatDecimal(value);
}

function renderLines({ differing, differingCount, currency }: PackSummary): string {
  const rows = differing.map((one) => [
    ...[one.invoiceLines.join(' '), one.sim ?? 'the account', one.name ?? '', describeWhere(one)],
    ...[formatQuantity(one.theirQuantity), formatQuantity(one.ourQuantity)],
    ...[formatMoney(one.theirs), formatMoney(one.ours), formatMoney(one.theirs.minus(one.ours))],
    one.causes.map(({ says }) => says).join('; '),
  ]);
  const columns = [
    ...makeTextColumns('invoice line', 'SIM (ICCID)', 'item', 'where'),
    ...makeNumberColumns(
      'quantity invoiced',
      'quantity computed',
      'invoiced',
      'computed',
      `difference in ${currency}`,
    ),
    ...makeTextColumns('cause'),
  ];
  const isCut = differingCount > differing.length;
  return renderSection('2. The lines that differ', [
    renderParagraph(
      isCut
        ? `The ${count(differing.length)} with the largest differences; lines.csv has all.`
        : 'lines.csv has these lines and those that agree.',
    ),
    renderTable(columns, rows),
  ]);
}

function renderExamples({ currency }: PackSummary, { examples }: PackProof): string {
  const parts = examples.map(({ cause, compared, steps, records }) => {
    const line =
      compared.invoiceLines.length === 0
        ? 'not on the invoice'
        : `invoice line ${compared.invoiceLines.join(', ')}`;
    return [
      `<h3>${escapeHtml(cause.says)}</h3>`,
      renderParagraph(
        `SIM ${compared.sim ?? 'of the whole account'}, ${line}: invoiced ${formatMoney(compared.theirs)} ${currency}, computed ${formatMoney(compared.ours)} ${currency}.`,
      ),
      list(steps.map(({ step, says }) => `${step}: ${says}`)),
      records.length === 0
        ? ''
        : renderTable(
            [
              ...makeTextColumns('record id', 'session', 'start (UTC)'),
              ...makeNumberColumns('stated', 'used', 'rounded up'),
            ],
            records.map(({ id, session = '', start, stated, used = '', rounded = '' }) => [
              ...[id, session, start, stated, used, rounded],
            ]),
            'The first usage records of the line, with your ids. The column stated has your record’s own value: megabytes, else bytes, or messages.',
          ),
    ].join('\n');
  });
  return renderSection('3. One line of each cause, down to its records', parts);
}

function renderTariffs({ notes }: PackSummary, { rating }: PackProof): string {
  const { tariffs } = rating;
  return renderSection('4. How amounts were computed', [
    renderParagraph(
      'In this order: match, quantity, increment, included volume, tier, price, rounding, minimum, fees, discounts, commitment, tax. The folder given/ has the tariffs as they were used.',
    ),
    ...tariffs.map(
      ({ name, currency, facts, notComputable }) =>
        `<h3>${escapeHtml(`${name}, ${currency}`)}</h3>\n${list([
          ...facts.map(
            ({ says, basis, address }) => `${says} (${basis}${address === undefined ? '' : `: ${address}`})`,
          ),
          ...notComputable.map((says) => `Not computed: ${says}`),
        ])}`,
    ),
    list(notes),
  ]);
}

function renderRecords({ recordCount, recordsLeftOut, hasRows }: PackProof): string {
  return renderSection('5. The usage records', [
    renderParagraph(
      `records.csv has ${countNoun(recordCount, 'record')} of the lines that differ, each with the record and session id that you gave it. held_since is the latest moment by which we had received the record as it is.`,
    ),
    recordsLeftOut === 0
      ? ''
      : renderParagraph(
          `${countNoun(recordsLeftOut, 'further record')} left out: ask us for those of a SIM.`,
        ),
    renderParagraph(
      `SIMs are named by ICCID. ${hasRows ? 'rows/ has the full records, IMSI and IMEI included.' : 'IMSI, IMEI, phone numbers and IP addresses are left out.'}`,
    ),
  ]);
}

function renderFindings({ findings, findingCount }: PackProof): string {
  if (findingCount === 0) {
    return renderSection('6. Records that are missing or came twice', [
      renderParagraph('None was found for these SIMs on the days of the records.'),
    ]);
  }
  const rows = findings.map((finding) => [
    ...[finding.day, finding.sim, checkMeanings[finding.check], finding.sessionId ?? ''],
    ...[finding.bytes === undefined ? '' : String(finding.bytes), finding.records],
  ]);
  return renderSection('6. Records that are missing or came twice', [
    renderParagraph(`${countNoun(findingCount, 'finding')} about these SIMs; findings.csv has all.`),
    renderTable(
      [
        ...makeTextColumns('day', 'SIM', 'finding', 'session'),
        ...makeNumberColumns('bytes'),
        ...makeTextColumns('record ids'),
      ],
      rows,
    ),
  ]);
}

function renderSeals({ seals, openDays, hasRows }: PackProof): string {
  const rows = seals.map(({ day, version, sealedAt, root, kinds }) => [
    ...[day, String(version), sealedAt, String(kinds.usage.rows), root],
  ]);
  const rowsSentence = hasRows
    ? ' rows/ has the records of these SIMs, and of those whose ICCID has the same hash prefix, as they were sealed.'
    : ' The records name devices and are left out; a person who has them can verify them with the digests in usage.txt.';
  return renderSection('7. Proof that the records were not changed', [
    renderParagraph(
      'Some hours after a day has ended, all records of the day are sealed: one SHA-256, the root, is computed over them. A later record makes a new version, and seals.csv keeps the old root. A changed, added or removed record changes the root.',
    ),
    renderTable(
      [
        ...makeTextColumns('day', 'version', 'sealed at (UTC)'),
        ...makeNumberColumns('usage records'),
        ...makeTextColumns('root'),
      ],
      rows,
    ),
    openDays.length === 0 ? '' : renderParagraph(`Not sealed: ${openDays.join(', ')}.`),
    renderParagraph('You do not need our software to verify this folder:'),
    '<pre>sha256sum --check SHA256SUMS</pre>',
    renderParagraph(
      `The SHA-256 of seals/DAY/day.txt is the day's root; of seals/DAY/usage.txt, the root of its usage records that day.txt names. Each line of usage.txt has the first three hexadecimal digits of the SHA-256 of ICCIDs, the number of their records, and the SHA-256 of these.${rowsSentence}`,
    ),
  ]);
}
