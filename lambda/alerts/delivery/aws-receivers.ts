import {
  type AwsAnswer,
  type AwsRequest,
  AwsRequestError,
  findEndpoint,
  type SigningConfiguration,
  sendSigned,
} from '../../aws/aws-request.ts';
import { makeJsonRequest } from '../../aws/json-operations.ts';
import { parseObject, toJsonObject } from '../../json/json.ts';
import { isForPeople, type Outcome, type Receiver } from './receiver.ts';
import type { AlertTransition } from './transition.ts';
import { writeDetails, writeHeadline } from './wording.ts';

/** Receivers in AWS: an EventBridge bus and an SNS topic, each in the region of its ARN. */

/** What an AWS receiver is made from. */
export interface AwsReceiverDefinition {
  readonly name: string;
  readonly arn: string;
  readonly configuration: SigningConfiguration;
  readonly timeoutMilliseconds: number;
}

/** The source, and the prefix of the detail type, by which EventBridge rules match our events. */
const eventSource = 'simledger';

/** A bus gets every transition. The CloudEvent becomes the event's `detail`, its type the `detail-type`. */
export function makeBusReceiver(definition: AwsReceiverDefinition): Receiver {
  return {
    name: definition.name,
    takes: () => true,
    send: ({ event }) => {
      const entry = {
        EventBusName: definition.arn,
        Source: eventSource,
        DetailType: event.type,
        // Seconds, as times are in AWS JSON protocols.
        Time: Math.floor(Date.parse(event.time) / 1000),
        Detail: JSON.stringify(event),
      };
      return send(definition, 'events', (url) =>
        makeJsonRequest('events', 'PutEvents', url, { Entries: [entry] }),
      );
    },
  };
}

/** The most characters of a subject that SNS accepts, in ASCII. */
const maxSubjectLength = 100;

/**
 * A topic gets the beginning and the end of an episode: mail and SMS get sentences, every other protocol the
 * CloudEvent. `severity`, `rule` and `transition` are attributes, for filter policies.
 */
export function makeTopicReceiver(definition: AwsReceiverDefinition): Receiver {
  return {
    name: definition.name,
    takes: isForPeople,
    send: ({ event, transition, told }) => {
      const headline = writeHeadline(transition, told);
      const { link } = event.data;
      const mail = [headline, '', ...writeDetails(transition), ...(link === undefined ? [] : [link])].join(
        '\n',
      );
      const message = { default: JSON.stringify(event), email: mail, sms: headline };
      const form = new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: definition.arn,
        Subject: headline.replaceAll(/[^\x20-\x7e]+/g, '?').slice(0, maxSubjectLength),
        MessageStructure: 'json',
        Message: JSON.stringify(message),
        ...writeAttributes(transition),
      });
      return send(definition, 'sns', (url) => ({
        service: 'sns',
        method: 'POST',
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        body: form.toString(),
      }));
    },
  };
}

function writeAttributes({ rule, kind }: AlertTransition): Record<string, string> {
  const attributes = Object.entries({ severity: rule.severity, rule: rule.name, transition: kind });
  return Object.fromEntries(
    attributes.flatMap(([name, value], index) => {
      const prefix = `MessageAttributes.entry.${index + 1}`;
      return [
        [`${prefix}.Name`, name],
        [`${prefix}.Value.DataType`, 'String'],
        [`${prefix}.Value.StringValue`, value],
      ];
    }),
  );
}

async function send(
  { arn, configuration, timeoutMilliseconds }: AwsReceiverDefinition,
  service: 'events' | 'sns',
  makeRequest: (url: URL) => AwsRequest,
): Promise<Outcome> {
  const there = { ...configuration, region: async () => arn.split(':')[3] ?? '' };
  try {
    const request = makeRequest(await findEndpoint(there, service));
    return judgeAwsAnswer(await sendSigned(there, request, { attempts: 1, timeoutMilliseconds }));
  } catch (error) {
    // The error's message may quote the service's response.
    if (error instanceof AwsRequestError)
      return { kind: 'later', reason: `${service} did not answer in order` };
    throw error;
  }
}

/** Codes of transient errors, and of a bus or topic that does not exist or is not permitted. */
const passing = /Throttl|Internal|Unavailable|LimitExceeded|Timeout/i;
const unusable =
  /NotFound|AccessDenied|NotAuthorized|Authorization|UnrecognizedClient|ExpiredToken|Disabled/i;

/** What AWS's response means. */
export function judgeAwsAnswer({ status, body }: AwsAnswer): Outcome {
  const entries = parseObject(body)?.['Entries'];
  const entryCode = Array.isArray(entries) ? toJsonObject(entries[0])?.['ErrorCode'] : undefined;
  if (status === 200 && typeof entryCode !== 'string') return { kind: 'accepted' };
  const [, type, code] = /"__type"\s*:\s*"(?:[^"#]*#)?([A-Za-z]+)|<Code>([A-Za-z]+)</.exec(body) ?? [];
  const said = (typeof entryCode === 'string' ? entryCode : (type ?? code)) ?? '';
  const reason = `status ${status} ${said}`.trim();
  if (passing.test(said)) return { kind: 'later', reason };
  return { kind: unusable.test(said) || status === 403 || status === 404 ? 'unusable' : 'refused', reason };
}
