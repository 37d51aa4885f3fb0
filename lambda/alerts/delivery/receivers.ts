import type { SigningConfiguration } from '../../aws/aws-request.ts';
import { CachedSecret, type OnUnreadable } from '../../aws/cached-secret.ts';
import type { JsonObject } from '../../json/json.ts';
import { makeBusReceiver, makeTopicReceiver } from './aws-receivers.ts';
import { makeHttpReceiver } from './http-receiver.ts';
import { pagerDutySecretContent, readPagerDutySecret, writePagerDuty } from './pagerduty.ts';
import { isForPeople, type Receiver, type ReceiverSettings } from './receiver.ts';
import { readSlackSecret, slackSecretContent, writeSlack } from './slack.ts';
import { readWebhookSecret, webhookSecretContent, writeWebhook } from './webhook.ts';

/** Time limit of a request, including the response. */
export const requestMilliseconds = 10_000;

/** If a secret cannot be read quickly, the next run sends the messages. */
export const secretRetryPolicy = { attempts: 2, timeoutMilliseconds: 2_000 };

/** What receivers need. */
export interface ReceiverPorts {
  readonly configuration: SigningConfiguration;
  /** Returns the time for signatures. */
  readonly readSigningTime: () => Date;
  /** Called if a secret cannot be read. */
  readonly onUnreadable: OnUnreadable;
  /** Time limit of a request; {@link requestMilliseconds} by default. */
  readonly timeoutMilliseconds?: number;
}

/** Makes a receiver from its settings. */
export function makeReceiver(settings: ReceiverSettings, ports: ReceiverPorts): Receiver {
  const { configuration, onUnreadable, readSigningTime, timeoutMilliseconds = requestMilliseconds } = ports;
  const { name } = settings;
  const cache = <Secret>(
    id: string,
    content: string,
    read: (members: JsonObject) => Secret | undefined,
  ): CachedSecret<Secret> =>
    new CachedSecret(configuration, {
      ...{ id, content, read, retryPolicy: secretRetryPolicy, onUnreadable },
      owner: `the receiver ${name}`,
    });
  const options = { allowPrivateAddresses: false, timeoutMilliseconds };
  switch (settings.kind) {
    case 'webhook':
      return makeHttpReceiver({
        ...{ name, takes: () => true },
        secret: cache(settings.secret, webhookSecretContent, readWebhookSecret),
        write: (secret, message) => writeWebhook(secret, message, readSigningTime()),
        options: { ...options, allowPrivateAddresses: settings.allowPrivateAddresses },
      });
    case 'pagerduty':
      return makeHttpReceiver({
        ...{ name, takes: isForPeople },
        secret: cache(settings.secret, pagerDutySecretContent, readPagerDutySecret),
        write: writePagerDuty,
        options,
      });
    case 'slack':
      return makeHttpReceiver({
        ...{ name, takes: isForPeople },
        secret: cache(settings.secret, slackSecretContent, readSlackSecret),
        write: writeSlack,
        options,
      });
    case 'bus':
      return makeBusReceiver({ ...settings, configuration, timeoutMilliseconds });
    case 'topic':
      return makeTopicReceiver({ ...settings, configuration, timeoutMilliseconds });
  }
}
