import { type Attributes, makeBig, type Value } from './dynalite-store.ts';
import { type Condition, StatementError } from './partiql.ts';

const ordered: ReadonlySet<string> = new Set(['S', 'N', 'B']);
const comparable: ReadonlySet<string> = new Set([...ordered, 'BOOL', 'NULL']);

/**
 * Checks a condition's operands, independently of what is stored: only strings, numbers and bytes can be ordered.
 *
 * @throws StatementError
 */
export function checkOperands(condition: Condition, parameters: readonly Value[]): void {
  if (condition.kind === 'compare') checkOperand(condition.sign, parameters[condition.parameter]);
  else if (condition.kind === 'not') checkOperands(condition.term, parameters);
  else if (condition.kind !== 'missing') {
    for (const term of condition.terms) checkOperands(term, parameters);
  }
}

function checkOperand(sign: string, operand: Value = {}): void {
  const [type = ''] = Object.keys(operand);
  if (sign !== '=' && sign !== '<>' && !ordered.has(type)) {
    throw new StatementError(
      `Incorrect operand type for operator or function; operator or function: ${sign}, operand type: ${type}`,
    );
  }
  if (!comparable.has(type)) {
    throw new StatementError(
      `The local DynamoDB cannot compare values of type ${type}. It compares ${[...comparable].join(', ')}`,
    );
  }
}

/** Whether a condition holds for an item. */
export function holds(condition: Condition, item: Attributes, parameters: readonly Value[]): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.terms.every((term) => holds(term, item, parameters));
    case 'or':
      return condition.terms.some((term) => holds(term, item, parameters));
    case 'not':
      return !holds(condition.term, item, parameters);
    case 'missing':
      return item[condition.name] === undefined;
    case 'compare':
      return compares(condition.sign, item[condition.name], parameters[condition.parameter]);
  }
}

/** Compares two values. If one is missing or their types differ, only `<>` is true. */
function compares(sign: string, left: Value | undefined, right: Value | undefined): boolean {
  const order = compareValues(left, right);
  if (sign === '<>') return order !== 0;
  if (order === undefined) return false;
  if (order === 0) return sign.includes('=');
  return sign.startsWith(order < 0 ? '<' : '>');
}

/** @returns negative, 0 or positive; undefined if the values are not equal and cannot be ordered. */
function compareValues(left: Value = {}, right: Value = {}): number | undefined {
  const [type = ''] = Object.keys(right);
  const [a, b] = [left[type], right[type]];
  if (typeof a === 'boolean' && typeof b === 'boolean') return a === b ? 0 : undefined;
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  if (type === 'N') return new makeBig(a).cmp(b);
  const encoding = type === 'B' ? 'base64' : 'utf8';
  return Buffer.compare(Buffer.from(a, encoding), Buffer.from(b, encoding));
}
