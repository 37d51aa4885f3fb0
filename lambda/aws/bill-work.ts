import { type BillPorts, orderBills, takeBillOrder } from '../bills/make-bill.ts';
import type { ScheduleStart } from '../days/schedule-start.ts';
import type { BillWork } from '../days/take-message.ts';
import type { MessageQueue } from '../days/work.ts';
import type { LakeBucket } from './lake-bucket.ts';

/** What bills need of the lake's bucket and the queue of the day pass. */
export function makeBillWork(
  lake: LakeBucket,
  { start, queue }: { readonly start: Pick<ScheduleStart, 'read'>; readonly queue: MessageQueue },
): BillWork {
  const ports: BillPorts = {
    ...{ lake, start },
    listDays: () => lake.listDays(),
    queue: { send: (orders) => queue.send(orders, 0) },
  };
  return {
    order: (day, now) => orderBills(day, ports, now),
    take: async (message, now) => {
      await takeBillOrder(message, ports, now);
    },
  };
}
