import { estimateLaneRate } from '../lib/sizing.ts';
import { type FunctionName, readDeployedFunction } from './deployed.ts';
import { type Figure, makeFigure } from './figures.ts';
import { gigabytesPerCpu } from './prices.ts';

/**
 * How many records per second one process of a function can handle with the memory that it is deployed with, from the
 * CPU measured in the same run. Lambda allocates CPU in proportion to memory; a process uses at most one CPU.
 */

const subjects: readonly { readonly name: FunctionName; readonly cpu: string; readonly title: string }[] = [
  { name: 'kinesisConsumer', cpu: 'handler-cpu.session.1.live', title: 'Super SIM updates, live' },
  { name: 'kinesisConsumer', cpu: 'handler-cpu.session.1', title: 'Super SIM updates, 1 per session' },
  { name: 'kinesisConsumer', cpu: 'handler-cpu.session.5', title: 'Super SIM updates, 5 per session' },
  { name: 'kinesisConsumer', cpu: 'handler-cpu.usage', title: '1NCE usage records' },
  { name: 'kinesisConsumer', cpu: 'handler-cpu.event', title: 'Telekom PDP events' },
  { name: 'fileImporter', cpu: 'csv.50000.fresh', title: 'rows of a fresh file' },
  { name: 'fileImporter', cpu: 'csv.50000.old', title: 'rows of an old file' },
];

/** @param figures those of `handler-cpu` and `csv`; a function without its figure is left out. */
export function capacity(figures: readonly Figure[]): Figure[] {
  return subjects.flatMap(({ name, cpu, title }) => {
    const measured = figures.find((one) => one.name === `${cpu}.micros`);
    if (measured === undefined) return [];
    const { memoryMegabytes } = readDeployedFunction(name);
    const share = Math.min(1, memoryMegabytes / 1_024 / gigabytesPerCpu);
    const rates = [measured.median, ...measured.spread].map((micros) => (1e6 / micros) * share);
    const of = `capacity.${cpu.replace('handler-cpu.', '')}`;
    const { median } = measured;
    return [
      makeFigure(of, `${title}: one process of ${memoryMegabytes} MB`, rates, 'records/s'),
      ...(name === 'kinesisConsumer'
        ? [
            makeFigure(
              `${of}.sizing`,
              '  relative to what sizing computes with',
              [((1e6 / median) * share) / estimateLaneRate(memoryMegabytes)],
              '×',
              { atLeast: 1 },
            ),
          ]
        : []),
    ];
  });
}
