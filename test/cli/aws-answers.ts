import { ServiceException } from '@smithy/core/client';

/** An error as the SDK makes it from the answer of an AWS service. */
export function makeAwsError(name: string, message: string): ServiceException {
  return new ServiceException({ name, message, $fault: 'client', $metadata: {} });
}
