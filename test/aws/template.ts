/** A resource of a CloudFormation template. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  /** CDK's own notes, such as the construct's path. */
  readonly Metadata?: Readonly<Record<string, string>>;
}

/** A CloudFormation template, as far as it is looked at here. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

/** What stands for a resource that an endpoint lacks: what `Ref` and `Fn::GetAtt` of its ARN come to. */
export type Substitutes = Readonly<Record<string, string>>;

/** The resources that a part of a template names, by `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn`. */
export function findReferences(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(findReferences);
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if (key === 'Ref' && typeof value === 'string') return [value];
    if (key === 'Fn::GetAtt') return [Array.isArray(value) ? String(value[0]) : String(value).split('.')[0]!];
    if (key === 'DependsOn') return Array.isArray(value) ? value.map(String) : [String(value)];
    if (key === 'Fn::Sub') return [...namesInText(value), ...findReferences(value)];
    return findReferences(value);
  });
}

/** A resource's name and those of all that it needs, itself first. */
export function findClosure({ Resources }: Template, name: string): string[] {
  const found = new Set<string>([name]);
  for (const one of found) {
    for (const needed of findReferences(Resources[one])) if (needed in Resources) found.add(needed);
  }
  return [...found];
}

/**
 * One resource of each type, the one that needs the fewest others, in an order in which each comes after all that it
 * needs.
 */
export function chooseSamples(template: Template): { readonly name: string; readonly type: string }[] {
  const samples = new Map<string, { name: string; type: string; size: number }>();
  for (const [name, { Type: type }] of Object.entries(template.Resources)) {
    const size = findClosure(template, name).length;
    const known = samples.get(type);
    if (known === undefined || size < known.size) samples.set(type, { name, type, size });
  }
  return [...samples.values()].sort((a, b) => a.size - b.size);
}

/** The template with only some resources, and without outputs. */
export function keepResources(template: Template, names: readonly string[]): Template {
  const { Outputs: _, ...others } = template;
  const kept = names.flatMap((name) => {
    const resource = template.Resources[name];
    return resource === undefined ? [] : [[name, resource] as const];
  });
  return { ...others, Resources: Object.fromEntries(kept) };
}

/** The template without resources of some types. What names one of them gets its substitute, or an ARN of nothing. */
export function dropTypes(
  template: Template,
  types: ReadonlySet<string>,
  substitutes: Substitutes = {},
): Template {
  const entries = Object.entries(template.Resources);
  const dropped = new Set(entries.filter(([, { Type }]) => types.has(Type)).map(([name]) => name));
  const { Resources: _, ...others } = template;
  const kept = entries.filter(([name]) => !dropped.has(name));
  return substitute({ ...others, Resources: Object.fromEntries(kept) }, dropped, substitutes) as Template;
}

function substitute(part: unknown, dropped: ReadonlySet<string>, substitutes: Substitutes): unknown {
  if (Array.isArray(part)) return part.map((item) => substitute(item, dropped, substitutes));
  if (typeof part !== 'object' || part === null) return part;
  const [name] = isReference(part) ? findReferences(part) : [];
  if (name !== undefined && dropped.has(name)) return substitutes[name] ?? arnOfNothing(name);
  const members = Object.entries(part).flatMap(([key, value]) => {
    if (key !== 'DependsOn') return [[key, substitute(value, dropped, substitutes)] as const];
    const needed = findReferences({ DependsOn: value }).filter((one) => !dropped.has(one));
    return needed.length === 0 ? [] : [[key, needed] as const];
  });
  return Object.fromEntries(members);
}

/** In the form of a secret's ARN, of which templates cut out the name. */
function arnOfNothing(name: string): string {
  return `arn:aws:missing:us-east-1:000000000000:nothing:${name}-missing-000000`;
}

function isReference(part: object): boolean {
  const keys = Object.keys(part);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0] === 'Fn::GetAtt');
}

function namesInText(value: unknown): string[] {
  const text = Array.isArray(value) ? value[0] : value;
  return [...String(text).matchAll(/\$\{([\w]+)/g)].map(([, name = '']) => name);
}
