/** A tariff as the generator writes its file: every key is there. */
export interface PlainTariff {
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly period:
    | { readonly kind: 'month'; readonly startDay: number }
    | { readonly kind: 'activation-month' }
    | { readonly kind: 'days'; readonly days: number; readonly from: string };
  readonly attribution: 'record' | 'start' | 'close';
  readonly kilobyte: 1000 | 1024;
  readonly lines: readonly ('country' | 'network' | 'zone')[];
  readonly charges: readonly {
    readonly name: string;
    readonly traffic: 'data' | 'sms';
    readonly direction: 'both' | 'from-device' | 'to-device';
    readonly match: { readonly countries: readonly string[] };
    readonly unit: 'B' | 'KB' | 'MB' | 'message';
    readonly increment: {
      readonly step?: string;
      readonly per: 'record' | 'session' | 'day' | 'period' | 'year';
      readonly by: readonly ('country' | 'network')[];
      readonly minimum?: string;
    };
    readonly prices: readonly {
      readonly from?: string;
      readonly tiers: readonly { readonly upTo?: string; readonly price: string }[];
    }[];
    readonly tiering: 'graduated' | 'volume';
    readonly tierScope: 'sim' | 'account';
  }[];
  readonly allowances: readonly {
    readonly name: string;
    readonly charges: readonly string[];
    readonly quantity: string;
    readonly unit: 'KB' | 'MB';
    readonly of: 'sim' | 'pool' | 'account';
    readonly lasts: 'period' | 'lifetime';
  }[];
  readonly rounding: {
    readonly per: 'line' | 'sim' | 'invoice';
    readonly decimals: number;
    readonly mode: string;
  };
  readonly minimum?: { readonly amount: string; readonly of: 'active' | 'data' };
  readonly fees: readonly {
    readonly name: string;
    readonly per: 'sim' | 'sim-and-network' | 'account' | 'activation';
    readonly of: 'active' | 'data' | 'listed';
    readonly prices: readonly { readonly from?: string; readonly price: string }[];
  }[];
  readonly discounts: readonly {
    readonly name: string;
    readonly percent: string;
    readonly on: readonly string[];
  }[];
  readonly commitment?: string;
  readonly tax?: { readonly name: string; readonly percent: string };
}
