import type { FileObject } from '../../lambda/file-importer/messages.ts';
import type { KnownSources } from '../../lambda/sources.ts';

/**
 * The object that a position of a file's row, or of a whole file, names: `bucket/key@version#row`. Undefined for any
 * other position, such as a stream's.
 */
export function fileOfPosition(position: string, sources: KnownSources): FileObject | undefined {
  const slash = position.indexOf('/');
  const bucket = position.slice(0, slash);
  if (slash === -1 || !sources.all.some((source) => source.bucket === bucket)) return undefined;
  const rest = position.slice(slash + 1).replace(/#\d+$/, '');
  const at = rest.lastIndexOf('@');
  if (at === -1) return undefined;
  const version = rest.slice(at + 1);
  const isETag = /^[0-9a-f]{32}(-\d+)?$/.test(version);
  return {
    bucket,
    key: rest.slice(0, at),
    versionId: isETag || version === 'current' ? undefined : version,
    eTag: isETag ? version : undefined,
  };
}
