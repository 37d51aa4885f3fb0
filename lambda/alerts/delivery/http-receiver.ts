import { AwsRequestError } from '../../aws/aws-request.ts';
import { CredentialsError, type SecretSource } from '../../aws/cached-secret.ts';
import { type Post, type PostAnswer, type PostOptions, post } from './post.ts';
import type { Message, Outcome, Receiver } from './receiver.ts';

/** A receiver that gets HTTP requests at an address that is part of a secret. */

/** What to send, and how. */
export interface HttpReceiverDefinition<Secret> extends Pick<Receiver, 'name' | 'takes'> {
  readonly secret: SecretSource<Secret>;
  /** Makes the request. */
  readonly write: (secret: Secret, message: Message) => Post;
  readonly options: PostOptions;
}

/** Makes the receiver. */
export function makeHttpReceiver<Secret>(definition: HttpReceiverDefinition<Secret>): Receiver {
  const { name, takes, secret, write, options } = definition;
  return {
    ...{ name, takes },
    send: (message) => postWithSecret(secret, (known) => write(known, message), options),
  };
}

/** Posts to an address that is part of a secret. Never rejects because of the secret or the address. */
export async function postWithSecret<Secret>(
  secret: SecretSource<Secret>,
  write: (secret: Secret) => Post<string | Uint8Array>,
  options: PostOptions,
): Promise<Outcome> {
  const known = await readSecret(() => secret.get());
  if (known === undefined) return unreadableSecret;
  const outcome = judgeAnswer(await post(write(known), options));
  if (outcome.kind !== 'unusable') return outcome;
  // Address or key may have been replaced since the secret was read.
  const fresh = await readSecret(() => secret.refresh());
  if (fresh === undefined || fresh === known) return outcome;
  return judgeAnswer(await post(write(fresh), options));
}

const unreadableSecret: Outcome = { kind: 'unusable', reason: 'its secret cannot be read' };

/** The secret; undefined if it cannot be read, which its source has already reported. */
async function readSecret<Secret>(read: () => Promise<Secret>): Promise<Secret | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CredentialsError || error instanceof AwsRequestError) return undefined;
    throw error;
  }
}

/** Statuses that mean that the address or the key does not work, independently of the message. */
const unusableStatuses: ReadonlySet<number> = new Set([401, 402, 403, 404, 407, 410, 421, 451]);

/** Statuses below 500 that are transient. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/** What a response means for the message, and for those after it. */
export function judgeAnswer(answer: PostAnswer): Outcome {
  if ('failure' in answer) {
    return { kind: answer.isUnusable ? 'unusable' : 'later', reason: answer.failure };
  }
  const { status, retryAfterMilliseconds, body } = answer;
  const reason = `status ${status}`;
  if (status >= 200 && status < 300) return { kind: 'accepted', ...(body !== undefined && { body }) };
  // Redirects are not followed, because they could lead to forbidden addresses.
  if (unusableStatuses.has(status) || (status >= 300 && status < 400)) return { kind: 'unusable', reason };
  if (status >= 400 && status < 500 && !passingStatuses.has(status)) return { kind: 'refused', reason };
  return { kind: 'later', reason, ...(retryAfterMilliseconds !== undefined && { retryAfterMilliseconds }) };
}
