import type { Outcome } from '../alerts/delivery/receiver.ts';
import { requestMilliseconds, secretRetryPolicy } from '../alerts/delivery/receivers.ts';
import { makeOtlpReceiver, otlpSecretContent, readOtlpSecret } from '../metrics/otlp-receiver.ts';
import type { SigningConfiguration } from './aws-request.ts';
import { CachedSecret, type OnUnreadable } from './cached-secret.ts';

/** The metrics receiver in the exporter's environment. Its address and headers are in Secrets Manager. */
export interface MetricsSettings {
  /** Name or ARN of the secret. */
  readonly secret: string;
  /** Whether its address may be private or loopback, and may then use plain HTTP. */
  readonly allowPrivateAddresses: boolean;
  /** The most combinations that have their own series, of the live metrics and of the daily ones. */
  readonly maxSeries: number;
}

/** Makes the function that posts requests to the receiver. */
export function makeMetricsReceiver(
  { secret, allowPrivateAddresses }: MetricsSettings,
  configuration: SigningConfiguration,
  onUnreadable: OnUnreadable,
): (body: string) => Promise<Outcome> {
  const cached = new CachedSecret(configuration, {
    ...{
      id: secret,
      content: otlpSecretContent,
      read: readOtlpSecret,
      retryPolicy: secretRetryPolicy,
      onUnreadable,
    },
    owner: 'the receiver of metrics',
  });
  return makeOtlpReceiver(cached, { allowPrivateAddresses, timeoutMilliseconds: requestMilliseconds });
}
