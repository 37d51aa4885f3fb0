import { App } from 'aws-cdk-lib';
import { UserError } from '../lambda/errors.ts';
import { readConfiguration, readStackName, refuseUnknownContext } from '../lib/configuration.ts';
import { SimledgerStack } from '../lib/simledger-stack.ts';

const app = new App();
try {
  refuseUnknownContext(app.node);
  new SimledgerStack(
    app,
    readStackName(app.node),
    readConfiguration(app.node, process.env['CDK_DEFAULT_REGION']),
  );
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  // For a wrong setting, print the message without a stack trace.
  console.error(error.message);
  process.exit(1);
}
