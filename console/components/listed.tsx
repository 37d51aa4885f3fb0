import type { JSX } from 'preact';
import { Empty, Failure, Loading } from './states.tsx';

/** A list, or its loading, failed or empty state. */
export function Listed<Row>({
  asked,
  what,
  empty,
  children,
}: {
  readonly asked: {
    readonly value: readonly Row[] | undefined;
    readonly error: Error | undefined;
    readonly reload: () => void;
    readonly hasMore?: boolean;
  };
  readonly what: string;
  readonly empty: string;
  readonly children: (rows: readonly Row[]) => JSX.Element;
}): JSX.Element {
  const { value, error, reload } = asked;
  return (
    <>
      {error === undefined ? null : <Failure error={error} retry={reload} />}
      {value === undefined ? (
        error === undefined ? (
          <Loading what={what} />
        ) : null
      ) : value.length === 0 && asked.hasMore !== true ? (
        <Empty>{empty}</Empty>
      ) : (
        children(value)
      )}
    </>
  );
}
