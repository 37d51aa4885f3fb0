/** The routes of the API, which the CDK construct and the local run bind. All are `GET`. */

/** One route, as API Gateway writes it. */
export interface Route {
  readonly path: string;
  readonly operation: Operation;
  /** Whether the caller must authenticate. */
  readonly protected: boolean;
}

/** The operations by their names in `openapi.yaml`. */
export type Operation =
  | 'listSims'
  | 'fetchSim'
  | 'listDataSessions'
  | 'listUsageRecords'
  | 'listConnectionEvents'
  | 'listFleetUsageRecords'
  | 'listFiles'
  | 'fetchFile'
  | 'listAlerts'
  | 'fetchAlert'
  | 'listFindings'
  | 'listBills'
  | 'fetchBill'
  | 'listBillLines'
  | 'fetchContract'
  | 'fetchDocumentation'
  | 'fetchHealth';

export const routes: readonly Route[] = [
  { path: '/v1/Sims', operation: 'listSims', protected: true },
  { path: '/v1/Sims/{sim}', operation: 'fetchSim', protected: true },
  { path: '/v1/Sims/{sim}/DataSessions', operation: 'listDataSessions', protected: true },
  { path: '/v1/Sims/{sim}/UsageRecords', operation: 'listUsageRecords', protected: true },
  { path: '/v1/Sims/{sim}/ConnectionEvents', operation: 'listConnectionEvents', protected: true },
  { path: '/v1/UsageRecords', operation: 'listFleetUsageRecords', protected: true },
  { path: '/v1/Files', operation: 'listFiles', protected: true },
  { path: '/v1/Files/{id}', operation: 'fetchFile', protected: true },
  { path: '/v1/Alerts', operation: 'listAlerts', protected: true },
  { path: '/v1/Alerts/{id}', operation: 'fetchAlert', protected: true },
  { path: '/v1/Findings', operation: 'listFindings', protected: true },
  { path: '/v1/Bills', operation: 'listBills', protected: true },
  { path: '/v1/Bills/{month}', operation: 'fetchBill', protected: true },
  { path: '/v1/Bills/{month}/Lines', operation: 'listBillLines', protected: true },
  { path: '/openapi.json', operation: 'fetchContract', protected: false },
  { path: '/docs', operation: 'fetchDocumentation', protected: false },
  { path: '/health', operation: 'fetchHealth', protected: false },
];

/** API Gateway's key of a route: `GET /v1/Sims/{sim}`. */
export function routeKey({ path }: Route): string {
  return `GET ${path}`;
}
