import type { SourceDescription } from '../../lambda/aws/sources.ts';
import { type SourceOutput, sourceId } from '../../lib/source-ids.ts';
import type { CallbackValues, ConnectionValues } from '../connect/portal-forms.ts';
import type { DeployedStack } from './deployed-stack.ts';

/** What a stack's outputs say of a source. */
export function connectionValues(
  source: SourceDescription,
  { outputs }: Pick<DeployedStack, 'outputs'>,
): ConnectionValues {
  const output = (id: SourceOutput): string | undefined => outputs[`${sourceId(source)}${id}`];
  const { streamArn, bucket } = source;
  const accessKey = output('ReadAccessKey');
  return {
    region: output('AWSRegion') ?? '',
    streamName: output('StreamName') ?? '',
    sink: output('Sink'),
    ...{ streamArn, bucket: output('S3Bucket') ?? bucket },
    roleArn: output('IAMRoleARN'),
    externalId: output('ExternalId'),
    accessKey: accessKey && `shown by: ${accessKey}`,
    callback: callbackValues(source, output),
  };
}

/** Twilio's auth token and KORE's secret are theirs, and are put into the secret; the others are shown by a command. */
function callbackValues(
  { carrier }: SourceDescription,
  output: (id: SourceOutput) => string | undefined,
): CallbackValues | undefined {
  const url = output('CallbackURL');
  if (url === undefined) return undefined;
  const put = (member: string): string =>
    `put the carrier’s in place: aws secretsmanager put-secret-value --region ${output('AWSRegion')} --secret-id ${output('CallbackSecret')} --secret-string '{"${member}":"…"}'`;
  const shown = `shown by: ${output('ReadCallbackSecret')}`;
  const credential = carrier === 'kore' ? put('secret') : carrier === 'twilio' ? put('authToken') : shown;
  return { url, sink: output('WebhookSink'), credential };
}
