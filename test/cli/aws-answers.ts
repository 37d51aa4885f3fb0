import { ServiceException } from '@smithy/core/client';

/** An error as the SDK makes it of what a service of AWS answers. */
export function makeAwsError(name: string, message: string): ServiceException {
  return new ServiceException({ name, message, $fault: 'client', $metadata: {} });
}
