import { type Figure, makeFigure } from './figures.ts';
import { gigabytesPerCpu, prices } from './prices.ts';

/**
 * Dollars per million records, from the requests, write units and CPU that were measured in the same run. Prices are
 * those of `prices.ts`.
 */

const workloads = ['session.1', 'session.5', 'session.20', 'usage', 'event', 'context'];
const subjects = ['simledger', 'full', 'lite'] as const;

/** @param figures those of `handler-cpu` and `write-units`; a workload that lacks one of them is left out. */
export function money(figures: readonly Figure[]): Figure[] {
  const median = (name: string): number | undefined => figures.find((one) => one.name === name)?.median;
  return workloads.flatMap((workload) =>
    subjects.flatMap((subject) => {
      const cpu = subject === 'simledger' ? 'micros' : `${subject}.micros`;
      const micros = median(`handler-cpu.${workload}.${cpu}`);
      const units = median(`write-units.${workload}.${subject}.units`);
      if (micros === undefined || units === undefined) return [];
      // Units are for a thousand records; microseconds for one record equal seconds for a million.
      const dollars = units * 1_000 * (prices.dynamoDb.millionWriteUnits / 1e6);
      const lambda = micros * gigabytesPerCpu * prices.lambda.gigabyteSecond;
      return [
        makeFigure(
          `money.${workload}.${subject}`,
          `${workload}, ${subject}: a million records`,
          [dollars + lambda],
          '$',
        ),
      ];
    }),
  );
}
