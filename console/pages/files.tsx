import type { JSX } from 'preact';
import { usePages } from '../api/answers.ts';
import { makeRequest, type Query } from '../api/client.ts';
import { ChoiceFilter, TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { Table } from '../components/table.tsx';
import type { PageProps } from '../page.ts';
import { fileColumns } from './file-columns.tsx';
import { Rejects } from './rejects.tsx';

/** CSV files that carriers delivered, and their rejected rows. */

export function Files({ place: { query } }: PageProps): JSX.Element {
  const request = makeRequest('/v1/Files', {}, {
    Source: query.get('source') ?? undefined,
    State: query.get('state') ?? undefined,
    PageSize: 200,
  } as Query<'/v1/Files'>);
  const files = usePages(request, (answer) => answer.files);
  return (
    <>
      <h1>Files and quarantine</h1>
      <search class="filters">
        <TextFilter name="source" label="Source" size={10} />
        <ChoiceFilter
          name="state"
          label="State"
          choices={[
            ['', 'any'],
            ['importing', 'importing'],
            ['done', 'done'],
            ['failed', 'failed'],
          ]}
        />
      </search>
      <Listed asked={files} what="files" empty="No file matches: no carrier has delivered one.">
        {(rows) => <Table name="Files" columns={fileColumns} rows={rows} request={request} pages={files} />}
      </Listed>
      <Rejects />
    </>
  );
}
