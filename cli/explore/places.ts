import type { CommandContext, ExitCode } from '../command.ts';
import type { ExploreContext } from './answer.ts';
import { type Explored, type ExploreOptions, explore } from './explore.ts';
import { openDeployedLake, openLakeFolder } from './lake-files.ts';

/** `explore` on a deployment: with Athena if the lake has a catalogue, otherwise with DuckDB on copies of its files. */
export async function exploreDeployment(context: CommandContext, options: ExploreOptions): Promise<ExitCode> {
  const { deployment } = context;
  const { catalog } = deployment.places;
  const lake = openDeployedLake(deployment);
  if (catalog === undefined) return explore(context, options, openDuckDb(lake));
  const { AthenaEngine } = await import('./athena.ts');
  const { region, credentials } = deployment.s3.config;
  return explore(context, options, {
    lake,
    limitsDays: false,
    openEngine: async () => new AthenaEngine({ region, credentials }, catalog),
  });
}

/** `explore --lake DIR`: with DuckDB on the files of a folder. */
export async function exploreFolder(
  context: ExploreContext,
  { lake: folder, ...options }: ExploreOptions & { readonly lake: string },
): Promise<ExitCode> {
  return explore(context, options, openDuckDb(await openLakeFolder(folder)));
}

function openDuckDb(lake: Explored['lake']): Explored {
  return {
    lake,
    limitsDays: true,
    openEngine: async ({ sealed }) => {
      const { DuckDbEngine } = await import('./duckdb.ts');
      return new DuckDbEngine({ lake, sealed });
    },
  };
}
