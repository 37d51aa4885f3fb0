import type { SourceDescription } from '../lambda/sources.ts';
import { UsageError } from '../local/options.ts';
import type { Deployment } from './deployment/deployment.ts';

/**
 * A source by its name.
 *
 * @throws UsageError where the deployment has no source of that name.
 */
export function requireSource({ places }: Pick<Deployment, 'places'>, name: string): SourceDescription {
  const { all } = places.sources;
  const source = all.find((one) => one.name === name);
  if (source === undefined)
    throw unknownSource(
      name,
      all.map((one) => one.name),
    );
  return source;
}

/** What is said of a source that is not known. */
export function unknownSource(name: string, known: readonly string[]): UsageError {
  return new UsageError(
    `--source ${JSON.stringify(name)} is not a source of this deployment: give one of ${known.join(', ')}`,
  );
}
