import { describe, expect, test } from 'vitest';
import { chooseSamples, dropTypes, findClosure, findReferences, keepResources } from './template.ts';

/** A function that reads a secret, with the role that may, and an alarm over it. */
const template = {
  Resources: {
    Alarm: { Type: 'Alarm', Properties: { Dimensions: [{ Value: { Ref: 'Function' } }] } },
    Function: {
      Type: 'Function',
      DependsOn: ['Policy', 'Role'],
      Properties: {
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Environment: { SECRET: { Ref: 'Secret' }, REGION: { Ref: 'AWS::Region' } },
      },
    },
    Policy: {
      Type: 'Policy',
      Properties: { Roles: [{ Ref: 'Role' }], Resource: { 'Fn::Sub': `\${Secret}-\${AWS::Region}` } },
    },
    Role: { Type: 'Role' },
    Secret: { Type: 'Secret', Properties: { Name: 'a' } },
    Other: { Type: 'Secret', Properties: { Of: { Ref: 'Role' } } },
  },
  Outputs: { SecretName: { Value: { 'Fn::Join': ['', ['x', { Ref: 'Secret' }]] } } },
};

describe('a template', () => {
  test('names resources by Ref, GetAtt, Sub and DependsOn', () => {
    const { Function: one, Policy: policy } = template.Resources;
    expect(findReferences(one)).toEqual(['Policy', 'Role', 'Role', 'Secret', 'AWS::Region']);
    expect(findReferences(policy)).toEqual(['Role', 'Secret', 'AWS']);
  });

  test('has of each resource all that it needs, however far away', () => {
    expect(findClosure(template, 'Alarm')).toEqual(['Alarm', 'Function', 'Policy', 'Role', 'Secret']);
    expect(findClosure(template, 'Role')).toEqual(['Role']);
  });

  test('is sampled by the resource of each type that needs the fewest, and none before what it needs', () => {
    expect(chooseSamples(template).map(({ name }) => name)).toEqual([
      'Role',
      'Secret',
      'Policy',
      'Function',
      'Alarm',
    ]);
  });

  test('keeps some resources, and then has no outputs that name the others', () => {
    expect(keepResources(template, ['Role', 'Secret'])).toEqual({
      Resources: { Role: { Type: 'Role' }, Secret: template.Resources.Secret },
    });
  });

  test('names what stands for a resource whose type is dropped, in resources and outputs', () => {
    const reduced = dropTypes(template, new Set(['Secret', 'Policy']), { Secret: 'arn:of:the:secret' });
    expect(reduced).toEqual({
      Resources: {
        Alarm: template.Resources.Alarm,
        Function: {
          Type: 'Function',
          DependsOn: ['Role'],
          Properties: {
            Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
            Environment: { SECRET: 'arn:of:the:secret', REGION: { Ref: 'AWS::Region' } },
          },
        },
        Role: { Type: 'Role' },
      },
      Outputs: { SecretName: { Value: { 'Fn::Join': ['', ['x', 'arn:of:the:secret']] } } },
    });
    expect(dropTypes(template, new Set(['Role'])).Resources['Other']).toEqual({
      Type: 'Secret',
      Properties: { Of: 'arn:aws:missing:us-east-1:000000000000:nothing:Role-missing-000000' },
    });
  });
});
