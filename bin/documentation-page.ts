/** Renders the query API's contract as an HTML page. `npm run openapi` runs it. */

/** The parts of a schema that the page shows. */
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
  readonly content?: Readonly<Record<string, { readonly schema: Schema; readonly example?: object }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Answer>>;
  readonly 'x-example-query'?: string;
}

/** The parts of `openapi.yaml` that the page shows. */
export interface Contract {
  readonly info: { readonly title: string; readonly summary: string; readonly description: string };
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly securitySchemes: Readonly<Record<string, { readonly description: string }>>;
  };
}

/** A rendered page. */
export interface DocumentationPage {
  /** Placeholder for the API's address, which is known only when the page is requested. */
  readonly rootMark: string;
  /** The page's lines. */
  readonly html: readonly string[];
}

const rootMark = '{{root}}';
/** The address in the contract's examples. */
const exampleRoot = 'https://api.example.com';

/**
 * Makes the path and query of an operation's example request: the path with example values for its parameters, and the
 * operation's `x-example-query`.
 */
export function makeExampleRequest(contract: Contract, path: string): string {
  const operation = contract.paths[path]?.get;
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = listParameters(contract, operation).find((one) => one.name === name);
    return encodeURIComponent(String(parameter?.example ?? name));
  });
  const query = operation?.['x-example-query'];
  return query === undefined ? named : `${named}?${query}`;
}

/** Renders the contract as a page that loads no other files. */
export function renderDocumentation(contract: Contract): DocumentationPage {
  return { rootMark, html: new Page(contract).render().split('\n') };
}

class Page {
  readonly #contract: Contract;
  readonly #operations: readonly { readonly path: string; readonly operation: Operation }[];

  constructor(contract: Contract) {
    this.#contract = contract;
    this.#operations = Object.entries(contract.paths).map(([path, { get }]) => ({ path, operation: get }));
  }

  render(): string {
    const { info, tags, components } = this.#contract;
    const sections = tags.map(({ name }) =>
      [
        `<h2 id="${renderText(name)}">${renderText(name)}</h2>`,
        ...this.#listOperations(name).map(({ path, operation }) => this.#renderOperation(path, operation)),
      ].join('\n'),
    );
    const schemas = Object.entries(components.schemas).map(
      ([name, schema]) =>
        `<section id="${renderText(name)}">\n<h3>${renderText(name)}</h3>\n${this.#renderSchema(schema)}\n</section>`,
    );
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${renderText(info.title)} API</title>
<style>
${style}
</style>
</head>
<body>
<h1>${renderText(info.title)} API</h1>
<p>${inline(info.summary)}</p>
${renderProse(info.description)}
<p>Address: <code>${rootMark}</code>. As a document: <a href="${rootMark}/openapi.json">openapi.json</a>.</p>
${this.#renderContents()}
<h2 id="access">Access</h2>
<ul>
${Object.values(components.securitySchemes)
  .map(({ description }) => `<li>${inline(description)}</li>`)
  .join('\n')}
</ul>
<p>The requests below take the account and its token from the shell:</p>
<pre tabindex="0"><code>ACCOUNT=AC… TOKEN=…</code></pre>
${sections.join('\n')}
<h2 id="errors">Errors</h2>
${this.#renderErrors()}
<h2 id="shapes">Shapes</h2>
${schemas.join('\n')}
</body>
</html>
`;
  }

  #listOperations(tag: string): readonly { readonly path: string; readonly operation: Operation }[] {
    return this.#operations.filter(({ operation }) => operation.tags.includes(tag));
  }

  #renderContents(): string {
    const { tags, components } = this.#contract;
    const requests = tags.map(({ name }) => {
      const entries = this.#listOperations(name).map(
        ({ path, operation }) =>
          `<li><a href="#${operation.operationId}">${inline(operation.summary)}</a> <code>${renderText(path)}</code></li>`,
      );
      return `<li><a href="#${renderText(name)}">${renderText(name)}</a>\n<ul>\n${entries.join('\n')}\n</ul></li>`;
    });
    const shapes = Object.keys(components.schemas).map(
      (name) => `<a href="#${renderText(name)}">${renderText(name)}</a>`,
    );
    return `<nav aria-label="Contents">
<h2>Contents</h2>
<ul>
<li><a href="#access">Access</a></li>
${requests.join('\n')}
<li><a href="#errors">Errors</a></li>
<li><a href="#shapes">Shapes</a>: ${shapes.join(', ')}</li>
</ul>
</nav>`;
  }

  #renderOperation(path: string, operation: Operation): string {
    const { operationId, summary, description = '', security, responses } = operation;
    const answers = Object.entries(responses).map(([status, answer]) => this.#answer(status, answer));
    return [
      `<section id="${operationId}">`,
      `<h3>${inline(summary)}</h3>`,
      `<p class="request"><code>GET ${renderText(path)}</code></p>`,
      renderProse(description),
      security === undefined ? '' : '<p>Needs no credentials.</p>',
      this.#renderParameters(operation),
      `<h4>Answers</h4>\n<ul>\n${answers.join('\n')}\n</ul>`,
      this.#renderExample(path, operation),
      '</section>',
    ]
      .filter((part) => part !== '')
      .join('\n');
  }

  #renderParameters(operation: Operation): string {
    const rows = listParameters(this.#contract, operation).map(
      ({ name = '', in: place, description = '', schema = {}, example }) => [
        `<code>${renderText(name)}</code>${place === 'path' ? ' in the path' : ''}`,
        this.#renderType(schema),
        `${inline(description)}${example === undefined ? '' : ` Example: <code>${renderText(String(example))}</code>`}`,
      ],
    );
    return renderTable(['Parameter', 'Type', 'Meaning'], rows);
  }

  #answer(status: string, answer: Answer): string {
    const { description = '', content = {} } =
      answer.$ref === undefined
        ? answer
        : (this.#contract.components.responses[readLastPart(answer.$ref)] ?? {});
    const types = Object.values(content).map(({ schema }) => this.#renderType(schema));
    return `<li><code>${renderText(status)}</code> ${inline(description)} ${types.join(', ')}</li>`;
  }

  #renderExample(path: string, { operationId, security, responses }: Operation): string {
    const credentials = security === undefined ? ' -u "$ACCOUNT:$TOKEN"' : '';
    const command = `curl -s${credentials} '${rootMark}${makeExampleRequest(this.#contract, path)}'`;
    const example = responses['200']?.content?.['application/json']?.example;
    const answer = JSON.stringify(example, undefined, 2)?.replaceAll(exampleRoot, rootMark);
    return [
      `<h4>Example</h4>\n<pre class="command"><code>${renderText(command)}</code></pre>`,
      answer === undefined
        ? ''
        : `<pre tabindex="0" aria-label="Answer of ${operationId}"><code>${renderText(answer)}</code></pre>`,
    ].join('\n');
  }

  /** Each error code has an anchor, which `more_info` links to. */
  #renderErrors(): string {
    const { code } = this.#contract.components.schemas['Problem']?.properties ?? {};
    const sentences = (code?.description ?? '').replace(/\.$/, '').split(/, (?=\d{5} )/);
    const items = sentences.map((sentence) => {
      const number = renderText(sentence.slice(0, 5));
      return `<li id="error-${number}"><code>${number}</code> ${inline(sentence.slice(6))}</li>`;
    });
    return `<ul>\n${items.join('\n')}\n</ul>`;
  }

  #renderSchema({ description = '', properties = {}, allOf = [], enum: words }: Schema): string {
    const hasOwn = Object.keys(properties).length > 0;
    const bases = allOf.map((base) => `<p>All of ${this.#renderType(base)}${hasOwn ? ', and:' : '.'}</p>`);
    const rows = Object.entries(properties).map(([name, property]) => [
      `<code>${renderText(name)}</code>`,
      this.#renderType(property),
      inline(property.description ?? ''),
    ]);
    const values = words === undefined ? '' : `<p>One of ${this.#renderType({ enum: words })}</p>`;
    return [renderProse(description), values, ...bases, renderTable(['Field', 'Type', 'Meaning'], rows)]
      .filter((part) => part !== '')
      .join('\n');
  }

  #renderType(schema: Schema): string {
    const { $ref: reference, type, format, enum: words, const: only, items, oneOf, properties } = schema;
    if (reference !== undefined) {
      const name = renderText(readLastPart(reference));
      return `<a href="#${name}">${name}</a>`;
    }
    if (oneOf !== undefined) return oneOf.map((one) => this.#renderType(one)).join(' or ');
    if (words !== undefined) return words.map((word) => `<code>${renderText(String(word))}</code>`).join(' ');
    if (only !== undefined) return `always <code>${renderText(String(only))}</code>`;
    if (items !== undefined) return `list of ${this.#renderType(items)}`;
    if (properties !== undefined) {
      const members = Object.entries(properties).map(
        ([name, member]) => `<code>${renderText(name)}</code> ${this.#renderType(member)}`,
      );
      return `{ ${members.join(', ')} }`;
    }
    const types = (typeof type === 'string' ? [type] : (type ?? ['any'])).join(' or ');
    const written = renderText(format === undefined ? types : `${types}, ${format}`);
    return schema.default === undefined
      ? written
      : `${written}, default <code>${renderText(String(schema.default))}</code>`;
  }
}

function listParameters({ components }: Contract, operation: Operation | undefined): readonly Parameter[] {
  return (operation?.parameters ?? []).map((parameter) =>
    parameter.$ref === undefined ? parameter : (components.parameters[readLastPart(parameter.$ref)] ?? {}),
  );
}

/** A table whose rows become blocks on narrow screens. */
function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const cells = (tag: 'th' | 'td', row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => cells('td', row)).join('\n');
  return `<table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}

const style = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff;overflow-wrap:anywhere}
h1,h2,h3,h4{line-height:1.25}
h2{margin-top:3rem;padding-top:1rem;border-top:2px solid #ccc}
h3{margin-top:2.5rem}
h4{margin:1.25rem 0 .5rem}
nav h2{border:0;margin:1.5rem 0 0;padding:0;font-size:1.1rem}
ul{padding-left:1.25rem}
code{font:.875em/1.5 ui-monospace,monospace;background:#f2f2f2;padding:.1em .3em;border-radius:3px}
pre{background:#f2f2f2;padding:.75rem;border-radius:4px;overflow:auto;max-height:24rem}
pre code{background:none;padding:0}
pre.command{white-space:pre-wrap}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid #ddd}
td:first-child,th:first-child{width:30%}
td:nth-child(2),th:nth-child(2){width:20%}
@media(max-width:40rem){
thead{display:none}
table,tbody,tr,td{display:block;width:auto}
tr{padding:.5rem 0;border-bottom:1px solid #ddd}
td,td:first-child,td:nth-child(2){border:0;padding:0;width:auto}
td:nth-child(2){font-size:.875rem}
}
@media(prefers-color-scheme:dark){
body{color:#ddd;background:#181818}
code,pre{background:#2a2a2a}
a{color:#9cf}
h2,th,td,tr{border-color:#444}
}`;

function readLastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}

function renderProse(markdown: string): string {
  return markdown
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => `<p>${inline(paragraph)}</p>`)
    .join('\n');
}

function inline(markdown: string): string {
  return renderText(markdown).replace(/`([^`]+)`/g, '<code>$1</code>');
}

function renderText(plain: string): string {
  return plain
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
