import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Reading } from '../api/answers.ts';
import type { ApiRequest } from '../api/client.ts';
import { formatCsv } from '../csv.ts';
import { countThings } from '../format.ts';
import { saveCsv } from '../save-csv.ts';
import { showsPersonalData } from '../settings.ts';
import { CsvButton } from './csv-button.tsx';
import { SourceLink } from './source.tsx';

/** Tables of any length: only the visible rows are in the DOM. */

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** The value as text for CSV: times in UTC, numbers in full. */
  readonly text: (row: Row) => string;
  /** What to show on the page; the text by default. */
  readonly show?: (row: Row) => ComponentChildren;
  readonly isNumeric?: boolean;
  /** Whether the value identifies a person or a device. CSV leaves the column out unless the page shows personal data. */
  readonly isPersonal?: boolean;
}

/** A table's content and actions. */
export interface TableProps<Row> {
  /** The table's name, for screen readers and for the CSV file. */
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** The request that the rows come from. */
  readonly request: Pick<ApiRequest, 'target' | 'query'>;
  /** The list that the rows come from, if it is read page by page. */
  readonly pages?: Reading;
  /** Whether a row is selected. */
  readonly isChosen?: (row: Row) => boolean;
  readonly onChoose?: (row: Row) => void;
}

/** Height of a row in pixels. The style sheet has the same number. */
const rowHeight = 34;
/** How many rows are rendered above and below the visible ones. */
const margin = 12;
/** Tables up to this many rows are rendered whole. */
const maxWhole = 100;

/** A table with a CSV button, a link to its request, and a button for more rows. */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { name, columns, rows, request, pages } = props;
  const hasMore = pages?.hasMore === true;
  const first = useSignal(0);
  const inView = useSignal(40);
  const scroller = useRef<HTMLDivElement>(null);
  const follow = (): void => {
    const { scrollTop = 0, clientHeight = 0 } = scroller.current ?? {};
    first.value = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
    inView.value = Math.ceil(clientHeight / rowHeight) + 2 * margin;
  };
  useEffect(() => {
    follow();
    addEventListener('resize', follow);
    return () => removeEventListener('resize', follow);
  });
  const isWhole = rows.length <= maxWhole;
  const from = isWhole ? 0 : Math.min(first.value, rows.length);
  const to = isWhole ? rows.length : Math.min(rows.length, from + inView.value);
  const saveRows = (): void => {
    const shown = columns.filter(({ isPersonal }) => isPersonal !== true || showsPersonalData.value);
    const head = shown.map(({ title }) => title);
    saveCsv(
      name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
      formatCsv(
        head,
        rows.map((row) => shown.map(({ text }) => text(row))),
      ),
    );
  };
  return (
    <div class="table">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section class="scroller" ref={scroller} onScroll={follow} tabIndex={0} aria-label={name}>
        <table aria-rowcount={hasMore ? -1 : rows.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              {columns.map(({ title, isNumeric }) => (
                <th key={title} scope="col" class={isNumeric ? 'number' : undefined}>
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer rows={from} columns={columns.length} />
            {rows.slice(from, to).map((row, index) => (
              <TableRow key={from + index} row={row} index={from + index} {...props} />
            ))}
            <Spacer rows={rows.length - to} columns={columns.length} />
          </tbody>
        </table>
      </section>
      <div class="tools">
        <span>
          {countThings(rows.length, 'row')}
          {hasMore ? ' so far' : ''}
        </span>
        {pages === undefined || !hasMore ? null : (
          <button type="button" onClick={pages.more} disabled={pages.isLoading}>
            {pages.isLoading ? 'Reading …' : 'More'}
          </button>
        )}
        <CsvButton name={name} rows={rows.length} pages={pages} save={saveRows} />
        <SourceLink request={request} of={name} />
      </div>
    </div>
  );
}

function TableRow<Row>({
  row,
  index,
  columns,
  isChosen,
  onChoose,
}: TableProps<Row> & { readonly row: Row; readonly index: number }): JSX.Element {
  const choose = onChoose === undefined ? {} : { onClick: () => onChoose(row) };
  return (
    // A click on the row is for the mouse only: each row also has a button.
    <tr
      aria-rowindex={index + 2}
      class={`${onChoose === undefined ? '' : 'choosable'} ${isChosen?.(row) ? 'chosen' : ''}`}
      {...choose}
    >
      {columns.map(({ title, text, show, isNumeric }) => (
        <td key={title} class={isNumeric ? 'number' : undefined}>
          {show === undefined ? text(row) : show(row)}
        </td>
      ))}
    </tr>
  );
}

/** A placeholder as high as the rows that are not rendered. */
function Spacer({ rows, columns }: { readonly rows: number; readonly columns: number }): JSX.Element | null {
  if (rows <= 0) return null;
  return (
    <tr class="spacer">
      <td aria-hidden="true" colSpan={columns}>
        <svg width="1" height={rows * rowHeight} aria-hidden="true" />
      </td>
    </tr>
  );
}
