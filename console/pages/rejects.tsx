import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { changeQuery, place } from '../address.ts';
import { usePages } from '../api/answers.ts';
import { makeRequest, type Query, type Schemas } from '../api/client.ts';
import { bytesColumn, countColumn, nameColumn, timeColumn } from '../components/columns.tsx';
import { TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { type Column, Table } from '../components/table.tsx';

/** The quarantine: counts by source and reason, and each object. The content is not shown, as it may have personal data. */

type Reject = Schemas['Reject'];

/** Objects per page, and how many pages are read automatically. The user can request more. */
const readPages = { size: 1000, atOnce: 3 };

/** The page of the quarantine. */
export function Rejects(): JSX.Element {
  const { query } = place.value;
  const request = makeRequest('/v1/Rejects', {}, {
    Source: query.get('source') ?? undefined,
    Code: query.get('code') ?? undefined,
    PageSize: readPages.size,
  } as Query<'/v1/Rejects'>);
  const rejects = usePages(request, (answer) => answer.rejects, readPages.atOnce);
  const groups = useMemo(() => groupRejects(rejects.value ?? []), [rejects.value]);
  return (
    <section>
      <h2>Quarantine</h2>
      <p class="quiet">
        What could not be read, of streams, webhooks and files. Its bytes may name people, so they are not
        shown here: <code>npx simledger quarantine list</code> shows them,{' '}
        <code>npx simledger quarantine redrive</code> reprocesses them.
      </p>
      <search class="filters">
        <TextFilter name="code" label="Reason" size={14} />
      </search>
      <Listed asked={rejects} what="the quarantine" empty="Nothing in the quarantine matches.">
        {(rows) => (
          <>
            <Table
              name="Quarantine by source and reason"
              columns={groupColumns}
              rows={groups}
              request={request}
              pages={rejects}
            />
            <Table
              name="Objects in quarantine"
              columns={rejectColumns}
              rows={rows}
              request={request}
              pages={rejects}
            />
          </>
        )}
      </Listed>
    </section>
  );
}

/** Rejects of one source and reason. */
export interface RejectGroup {
  readonly source: string;
  readonly code: string;
  readonly objects: number;
  readonly bytes: number;
  readonly first: string;
  readonly last: string;
}

/** Groups rejects by source and reason, the largest group first. */
export function groupRejects(rejects: readonly Reject[]): RejectGroup[] {
  const groups = new Map<string, RejectGroup>();
  for (const { source, code, bytes, kept } of rejects) {
    const key = `${source}/${code}`;
    const known = groups.get(key);
    groups.set(key, {
      ...{ source, code, objects: (known?.objects ?? 0) + 1, bytes: (known?.bytes ?? 0) + bytes },
      first: known !== undefined && known.first < kept ? known.first : kept,
      last: known !== undefined && known.last > kept ? known.last : kept,
    });
  }
  return [...groups.values()].sort(
    (a, b) => b.objects - a.objects || (`${a.source}/${a.code}` < `${b.source}/${b.code}` ? -1 : 1),
  );
}

const groupColumns: readonly Column<RejectGroup>[] = [
  nameColumn('Source', ({ source }) => source),
  {
    title: 'Reason',
    text: ({ code }) => code,
    show: ({ source, code }) => (
      <button type="button" class="link" onClick={() => changeQuery({ source, code })}>
        {code}
      </button>
    ),
  },
  countColumn('Objects', ({ objects }) => objects),
  bytesColumn('Bytes', ({ bytes }) => bytes),
  timeColumn('First', ({ first }) => first),
  timeColumn('Last', ({ last }) => last),
];

const rejectColumns: readonly Column<Reject>[] = [
  timeColumn('Kept', ({ kept }) => kept),
  nameColumn('Source', ({ source }) => source),
  { title: 'Reason', text: ({ code }) => code },
  bytesColumn('Bytes', ({ bytes }) => bytes),
  { title: 'Id', text: ({ id }) => id, show: ({ id }) => <code>{id}</code> },
];
