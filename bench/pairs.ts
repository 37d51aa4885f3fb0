/**
 * Runs several programs alternately, so that other load on the machine affects all of them in the same way. The ratio
 * within a round counts.
 *
 * @returns each program's results, by round.
 */
export async function runInterleaved<Name extends string>(
  programs: Readonly<Record<Name, () => Promise<number>>>,
  rounds: number,
): Promise<Readonly<Record<Name, number[]>>> {
  const names = Object.keys(programs) as Name[];
  const results = Object.fromEntries(names.map((name): [Name, number[]] => [name, []])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    // No program is always first.
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) results[name].push(await programs[name]());
  }
  return results;
}

/** The ratio of two programs' results, round by round. */
export function computeRatios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / (to[round] ?? Number.NaN));
}
