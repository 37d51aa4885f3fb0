import { jsonObject } from '../../lambda/carriers/json.ts';
import type { Listed, Resource } from '../api/pages.ts';
import { type CommandContext, colours, print, printJson } from '../command.ts';
import { csvRow } from './csv.ts';
import { tableOf } from './table.ts';

/** A column of a table: its heading, and what of a resource stands in it. */
export type Column = readonly [heading: string, cell: (resource: Resource) => string];

/** How resources are shown. */
export interface ShownResources {
  readonly csv: boolean;
  readonly columns: readonly Column[];
  /** What is said where there are none. */
  readonly nothing: string;
}

/** Shows resources: all that they say as JSON or CSV, the most telling of it as a table. */
export function showResources(
  context: CommandContext,
  { resources, more }: Listed,
  { csv, columns, nothing }: ShownResources,
): void {
  if (context.json) printJson(context, resources);
  else if (csv) context.terminal.out.write(csvOf(resources));
  else if (resources.length === 0) print(context, nothing);
  else {
    const rows = resources.map((resource) => columns.map(([, cell]) => cell(resource)));
    print(
      context,
      tableOf(
        colours(context),
        columns.map(([heading]) => heading),
        rows,
      ),
    );
  }
  if (more) context.terminal.err.write('There is more: raise --limit, or narrow the time\n');
}

/** All members of resources; members of members get names such as `period.start_time`. */
function csvOf(resources: readonly Resource[]): string {
  const flat = resources.map((resource) => flattened(resource));
  const names = [...new Set(flat.flatMap((one) => Object.keys(one)))];
  if (names.length === 0) return '';
  return csvRow(names) + flat.map((one) => csvRow(names.map((name) => one[name]))).join('');
}

function flattened(resource: Resource, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(resource).flatMap(([name, value]) => {
      const inner = jsonObject(value);
      return inner === undefined
        ? [[`${prefix}${name}`, value]]
        : Object.entries(flattened(inner, `${prefix}${name}.`));
    }),
  );
}

/** A member as text; a member of a member by `a.b`. */
export function textOf(resource: Resource, path: string): string {
  let value: unknown = resource;
  for (const name of path.split('.')) {
    value = jsonObject(value)?.[name];
  }
  return value === undefined || value === null ? '' : String(value);
}

/** A time to the minute. */
export function minuteOf(resource: Resource, path: string): string {
  return textOf(resource, path).slice(0, 16).replace('T', ' ');
}
