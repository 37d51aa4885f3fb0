import { readUrl, readWebhookSecret, type WebhookSecret } from '../lambda/alerts/delivery/webhook.ts';
import { UsageError } from '../lambda/errors.ts';

/** The environment variable with the secret that signs the requests of `--notify`. */
export const notifySecretVariable = 'SIMLEDGER_NOTIFY_SECRET';

/**
 * The address of `--notify` and its key. Without a secret, requests are not signed.
 *
 * @throws UsageError
 */
export function readNotify(address: string, env: NodeJS.ProcessEnv): WebhookSecret {
  const url = readUrl(address);
  if (url === undefined) {
    throw new UsageError(
      `--notify ${JSON.stringify(address)}: give an address that begins with http:// or https://`,
    );
  }
  const secret = env[notifySecretVariable] ?? '';
  if (secret === '') return { url, keys: [] };
  const read = readWebhookSecret({ url: address, secret });
  if (read === undefined) {
    throw new UsageError(`${notifySecretVariable}: give whsec_ and 24 to 64 bytes in base64`);
  }
  return read;
}
