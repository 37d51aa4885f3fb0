import { AwsRequestError } from '../../aws/aws-request.ts';
import { CredentialsError, type SecretSource } from '../../aws/cached-secret.ts';
import { type Post, type PostAnswer, type PostOptions, post } from './post.ts';
import type { Message, Outcome, Receiver } from './receiver.ts';

/** A receiver that is posted to, at an address that a secret holds. */

/** What is sent to it, and how. */
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

/** Posts to an address that a secret holds. Never rejects for what secret or address do not do. */
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

/** The secret; undefined where it cannot be read, which its source has told already. */
async function readSecret<Secret>(read: () => Promise<Secret>): Promise<Secret | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CredentialsError || error instanceof AwsRequestError) return undefined;
    throw error;
  }
}

/** Statuses that say of the address or the key that it does not work, and nothing of the message. */
const unusableStatuses: ReadonlySet<number> = new Set([401, 402, 403, 404, 407, 410, 421, 451]);

/** Statuses below 500 that pass by themselves. */
const passingStatuses: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);

/** What an answer means for the message, and for those behind it. */
export function judgeAnswer(answer: PostAnswer): Outcome {
  if ('failure' in answer) {
    return { kind: answer.isUnusable ? 'unusable' : 'later', reason: answer.failure };
  }
  const { status, retryAfterMilliseconds, body } = answer;
  const reason = `status ${status}`;
  if (status >= 200 && status < 300) return { kind: 'accepted', ...(body !== undefined && { body }) };
  // A redirect is not followed: it could lead to where nothing may be sent.
  if (unusableStatuses.has(status) || (status >= 300 && status < 400)) return { kind: 'unusable', reason };
  if (status >= 400 && status < 500 && !passingStatuses.has(status)) return { kind: 'refused', reason };
  return { kind: 'later', reason, ...(retryAfterMilliseconds !== undefined && { retryAfterMilliseconds }) };
}
