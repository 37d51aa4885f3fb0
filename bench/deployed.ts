import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../cdk.json' with { type: 'json' };
import { readConfiguration, readStackName } from '../lib/configuration.ts';
import { SimledgerStack } from '../lib/simledger-stack.ts';
import type { Deployed } from './month.ts';

/** Counts what is paid by the piece in the template of the fleets that `docs/costs.md` computes with: one 1NCE source. */
export function countDeployed(): Deployed {
  const outdir = mkdtempSync(join(tmpdir(), 'simledger-costs-'));
  try {
    const sources = [{ name: '1nce', carrier: '1nce', organisationId: '8100' }];
    const app = new App({
      analyticsReporting: false,
      outdir,
      context: {
        ...cdk.context,
        'aws:cdk:bundling-stacks': [],
        '@aws-cdk/core:validateAgainstDefaultRules': false,
        simledger: { sources },
      },
    });
    const stack = new SimledgerStack(app, readStackName(app.node), readConfiguration(app.node));
    const template = Template.fromStack(stack);
    const count = (type: string) => Object.keys(template.findResources(type)).length;
    return { alarms: count('AWS::CloudWatch::Alarm'), dashboards: count('AWS::CloudWatch::Dashboard') };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
