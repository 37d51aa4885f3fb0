/**
 * The result of a batch, in records. `received = stored + repeated + ignored + rejected` always holds: a record that
 * must be delivered again (`failed`) is counted when it arrives again.
 */
export interface Receipt {
  readonly received: number;
  readonly stored: number;
  /** Repeated within the batch, or merged without a change. */
  readonly repeated: number;
  /** Messages of the carrier's platform about itself. */
  readonly ignored: number;
  readonly rejected: number;
  readonly failed: number;
}

/** The receipt of no records. */
export const emptyReceipt: Receipt = {
  received: 0,
  stored: 0,
  repeated: 0,
  ignored: 0,
  rejected: 0,
  failed: 0,
};

/** Adds two receipts. */
export function addReceipts(a: Receipt, b: Receipt): Receipt {
  return {
    received: a.received + b.received,
    stored: a.stored + b.stored,
    repeated: a.repeated + b.repeated,
    ignored: a.ignored + b.ignored,
    rejected: a.rejected + b.rejected,
    failed: a.failed + b.failed,
  };
}
