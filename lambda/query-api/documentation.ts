import contract from './openapi.json' with { type: 'json' };

/** The contract as it is served: as JSON, and as a page to read. `openapi.yaml` is where it is written. */

/** What the page shows of a schema. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number;
  readonly default?: string | number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly description?: string;
  readonly schema?: Schema;
  readonly example?: string | boolean;
}

interface Answer {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface OperationObject {
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Answer>>;
}

interface Contract {
  readonly info: { readonly title: string; readonly summary: string; readonly description: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, { readonly get: OperationObject }>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, { readonly description: string }>>;
  };
}

const shown: Contract = contract;

/** The contract, with the address that it was read from as its server. */
export function contractAt(root: string): object {
  return { ...contract, servers: [{ url: root }] };
}

/** The contract as a page that loads nothing. */
export function documentationPage(root: string): string {
  const { info, tags, paths, components } = shown;
  const sections = tags.map(({ name }) => {
    const operations = Object.entries(paths).filter(([, { get }]) => get.tags.includes(name));
    return `<h2>${text(name)}</h2>${operations.map(([path, { get }]) => operationHtml(path, get)).join('')}`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) => `<section id="${text(name)}"><h3>${text(name)}</h3>${schemaHtml(schema)}</section>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)} API</title><style>${style}</style></head><body>
<h1>${text(info.title)}</h1><p>${inline(info.summary)}</p>${prose(info.description)}
<p>Address: <code>${text(root)}</code>. As a document: <a href="${text(root)}/openapi.json">openapi.json</a>.</p>
<h2>Access</h2><ul>${Object.values(components.securitySchemes)
    .map(({ description }) => `<li>${inline(description)}</li>`)
    .join('')}</ul>
${sections.join('\n')}
<h2>Errors</h2>${errorsHtml()}
<h2>Shapes</h2>${schemas.join('\n')}
</body></html>
`;
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}' +
  'code{font:.9em ui-monospace,monospace;background:#f2f2f2;padding:.1em .3em}table{border-collapse:collapse;width:100%}' +
  'th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #ddd}h3{margin-top:2rem}' +
  '@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}code{background:#333}a{color:#9cf}' +
  'th,td{border-color:#444}}';

function operationHtml(
  path: string,
  { summary, description, security, parameters = [], responses }: OperationObject,
) {
  const access = security === undefined ? '' : '<p>Needs no credentials.</p>';
  const rows = parameters
    .map(resolvedParameter)
    .map(
      ({ name = '', in: place = '', description: what = '', schema = {}, example }) =>
        `<tr><td><code>${text(name)}</code></td><td>${text(place)}</td><td>${typeHtml(schema)}</td><td>${inline(what)}` +
        `${example === undefined ? '' : ` Example: <code>${text(String(example))}</code>`}</td></tr>`,
    );
  const table =
    rows.length === 0
      ? ''
      : `<table><tr><th>parameter</th><th>in</th><th>type</th><th></th></tr>${rows.join('')}</table>`;
  return `<section><h3><code>GET ${text(path)}</code></h3><p><b>${inline(summary)}.</b></p>${prose(description ?? '')}${access}${table}<ul>${Object.entries(
    responses,
  )
    .map(([status, answer]) => answerHtml(status, answer))
    .join('')}</ul></section>`;
}

function answerHtml(status: string, answer: Answer): string {
  const { description = '', content = {} } =
    answer.$ref === undefined ? answer : (shown.components.responses[nameOf(answer.$ref)] ?? {});
  const types = Object.values(content).map(({ schema }) => typeHtml(schema));
  return `<li><code>${text(status)}</code> ${inline(description)} ${types.join(', ')}</li>`;
}

/** Each error code with an anchor, to which `more_info` leads. */
function errorsHtml(): string {
  const { code } = shown.components.schemas['Problem']?.properties ?? {};
  const sentences = (code?.description ?? '').replace(/\.$/, '').split(/, (?=\d{5} )/);
  const items = sentences.map((sentence) => {
    const number = sentence.slice(0, 5);
    return `<li id="error-${text(number)}"><code>${text(number)}</code> ${inline(sentence.slice(6))}</li>`;
  });
  return `<ul>${items.join('')}</ul>`;
}

function schemaHtml(schema: Schema): string {
  const { description = '', properties = {}, allOf = [] } = schema;
  const bases = allOf.map(
    (base) => `<p>All of ${typeHtml(base)}${Object.keys(properties).length === 0 ? '.' : ', and:'}</p>`,
  );
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `<tr><td><code>${text(name)}</code></td><td>${typeHtml(property)}</td><td>${inline(property.description ?? '')}</td></tr>`,
  );
  const table =
    rows.length === 0 ? '' : `<table><tr><th>field</th><th>type</th><th></th></tr>${rows.join('')}</table>`;
  return `${prose(description)}${bases.join('')}${table}`;
}

function typeHtml(schema: Schema): string {
  const {
    $ref: reference,
    type,
    format,
    enum: words,
    const: only,
    default: byDefault,
    items,
    oneOf,
    properties,
  } = schema;
  if (reference !== undefined) {
    const name = text(nameOf(reference));
    return `<a href="#${name}">${name}</a>`;
  }
  if (oneOf !== undefined) return oneOf.map(typeHtml).join(' or ');
  if (words !== undefined) return words.map((word) => `<code>${text(String(word))}</code>`).join(' ');
  if (only !== undefined) return `always <code>${text(String(only))}</code>`;
  if (items !== undefined) return `list of ${typeHtml(items)}`;
  if (properties !== undefined) {
    const members = Object.entries(properties).map(
      ([name, member]) => `<code>${text(name)}</code> ${typeHtml(member)}`,
    );
    return `{ ${members.join(', ')} }`;
  }
  const types = (typeof type === 'string' ? [type] : (type ?? ['any'])).join(' or ');
  return `${text(format === undefined ? types : `${types}, ${format}`)}${byDefault === undefined ? '' : `, default <code>${text(String(byDefault))}</code>`}`;
}

function resolvedParameter(parameter: Parameter): Parameter {
  return parameter.$ref === undefined
    ? parameter
    : (shown.components.parameters[nameOf(parameter.$ref)] ?? {});
}

function nameOf(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function prose(markdown: string): string {
  return markdown
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => `<p>${inline(paragraph)}</p>`)
    .join('');
}

function inline(markdown: string): string {
  return text(markdown).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function text(plain: string): string {
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
