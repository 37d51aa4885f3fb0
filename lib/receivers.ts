import * as z from 'zod';
import { type ReceiverSettings, receiverKinds } from '../lambda/alerts/delivery/receiver.ts';
import { severities } from '../lambda/alerts/rules.ts';
import { sourceRule } from '../lambda/alerts/shared-episodes.ts';
import { exactly, parseWord, secretId, secretIdForm, text } from './configuration-schemas.ts';

/** The configuration of receivers of alerts. */

/** A receiver. The stack creates the bus or topic of a receiver without an ARN. */
export type ConfiguredReceiver =
  | Extract<ReceiverSettings, { secret: string }>
  | (Omit<Extract<ReceiverSettings, { arn: string }>, 'arn'> & { readonly arn: string | undefined });

/** The maximum number of receivers. */
const maxReceivers = 20;

const arns = {
  bus: {
    form: /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256}$/,
    accepted: 'the ARN of an EventBridge bus; without it, the stack creates one',
  },
  topic: {
    // A FIFO topic supports neither mail nor SMS.
    form: /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/,
    accepted: 'the ARN of an SNS topic that is not FIFO; without it, the stack creates one',
  },
} as const;

const ruleList = 'a list of at least one rule by its name; without it, the receiver gets alerts of all rules';

const given = exactly({
  name: text(/^[a-z0-9-]{1,32}$/, '1 to 32 lower-case letters, digits and hyphens'),
  kind: parseWord(receiverKinds),
  secret: secretId.optional(),
  arn: z.string('an ARN').optional(),
  minimumSeverity: parseWord(severities).default('info'),
  rules: z.array(z.string(ruleList).min(1, ruleList), ruleList).min(1, ruleList).optional(),
  allowPrivateAddresses: z.boolean('true or false').optional(),
});

type ReceiverInput = z.output<typeof given>;

/** What is wrong with a receiver whose keys are each valid by themselves. */
interface Objection {
  readonly path: keyof ReceiverInput;
  readonly accepted: string;
}

/** Keys that a receiver lacks, and keys that have no effect. */
function findObjections({ kind, secret, arn, allowPrivateAddresses }: ReceiverInput): Objection[] {
  const objections: Objection[] = [];
  const isInAws = kind === 'bus' || kind === 'topic';
  if (isInAws && secret !== undefined) {
    objections.push({ path: 'secret', accepted: `nothing: a ${kind} is reached by permission` });
  }
  if (!isInAws && secret === undefined) objections.push({ path: 'secret', accepted: secretIdForm });
  if (!isInAws && arn !== undefined) {
    objections.push({ path: 'arn', accepted: `nothing: the secret of a ${kind} receiver holds its address` });
  }
  if (isInAws && arn !== undefined && !arns[kind].form.test(arn)) {
    objections.push({ path: 'arn', accepted: arns[kind].accepted });
  }
  if (kind !== 'webhook' && allowPrivateAddresses !== undefined) {
    objections.push({ path: 'allowPrivateAddresses', accepted: 'nothing: only a webhook may be private' });
  }
  return objections;
}

const receiver = given.transform((input, context): ConfiguredReceiver => {
  const objections = findObjections(input);
  for (const { path, accepted } of objections) {
    context.issues.push({ code: 'custom', input, path: [path], message: accepted });
  }
  const { name, kind, secret = '', arn, minimumSeverity, rules, allowPrivateAddresses = false } = input;
  const subscription = { name, minimumSeverity, rules };
  switch (kind) {
    case 'webhook':
      return { ...subscription, kind, secret, allowPrivateAddresses };
    case 'pagerduty':
    case 'slack':
      return { ...subscription, kind, secret };
    case 'bus':
    case 'topic':
      return { ...subscription, kind, arn };
  }
});

const receiverList = `a list of at most ${maxReceivers} receivers`;

/** The key `receivers`; undefined for {@link listDefaultReceivers}. */
export const receivers = z
  .array(receiver, receiverList)
  .max(maxReceivers, receiverList)
  .superRefine((list, context) => {
    const names = list.map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const message = 'a name that no other receiver has: undelivered messages are stored under it';
      context.issues.push({ code: 'custom', input: list, path: [index, 'name'], message });
    }
  })
  .optional();

/** The default receivers: `alarmEmail`, through a topic of the stack, or none without an address. */
export function listDefaultReceivers(alarmEmail: string | undefined): readonly ConfiguredReceiver[] {
  if (alarmEmail === undefined) return [];
  return [{ name: 'alarm-email', kind: 'topic', arn: undefined, minimumSeverity: 'info', rules: undefined }];
}

/** What is wrong with a receiver, in the context of the rules. */
export interface ReceiverObjection {
  /** Path within the list of receivers. */
  readonly path: readonly PropertyKey[];
  readonly accepted: string;
}

/** Finds references to rules that do not exist: such a receiver would never get a message. */
export function findReceiverObjections(
  receivers: readonly ConfiguredReceiver[],
  rules: readonly string[],
): ReceiverObjection[] {
  const known = [...rules, sourceRule];
  return receivers.flatMap((receiver, index) =>
    (receiver.rules ?? []).flatMap((rule, at) =>
      known.includes(rule)
        ? []
        : [{ path: [index, 'rules', at], accepted: `the name of a rule: ${known.join(', ')}` }],
    ),
  );
}
