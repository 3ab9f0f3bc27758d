import type { Template } from '@huggingface/jinja';

type Node = Readonly<Record<string, unknown>>;

/** Names of Jinja itself; a column of such a name is reached by `row`. */
export const jinjaNames: readonly string[] = [
  'true',
  'false',
  'none',
  'True',
  'False',
  'None',
  'range',
  'namespace',
  'raise_exception',
  'strftime_now',
  'loop',
  'caller',
];
/** Methods of values, which look like parts of them. */
const methods: ReadonlySet<string> = new Set(['items', 'keys', 'values', 'get']);

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node)['type'] === 'string';
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flatMap((value): readonly unknown[] => {
      if (Array.isArray(value)) return value;
      if (value instanceof Map) return [...value.keys(), ...value.values()];
      return [value];
    })
    .filter(isNode);
}

function nameOf(node: unknown): string | undefined {
  return isNode(node) && node['type'] === 'Identifier' ? String(node['value']) : undefined;
}

/** `a.b["c"]` as its three names. */
interface MemberPath {
  readonly names: readonly string[];
  /** Nothing computed or called was left out. */
  readonly isWhole: boolean;
}

/** Undefined for expressions that don't begin with a name; from a computed or called part on it goes no further. */
function memberPath(node: unknown): MemberPath | undefined {
  const name = nameOf(node);
  if (name !== undefined) return { names: [name], isWhole: true };
  if (!isNode(node) || node['type'] !== 'MemberExpression') return undefined;
  const path = memberPath(node['object']);
  if (path?.isWhole !== true) return path;
  const property = node['property'];
  const text = isNode(property) && property['type'] === 'StringLiteral' ? String(property['value']) : undefined;
  const part = node['computed'] === true ? text : nameOf(property);
  if (part === undefined || methods.has(part)) return { ...path, isWhole: false };
  return { names: [...path.names, part], isWhole: true };
}

function pathOf(node: unknown): readonly string[] | undefined {
  return memberPath(node)?.names;
}

/**
 * What a template takes from outside, as paths: `{{ meta.author }}` takes `meta`, `author`. Names that it sets itself, and
 * those that it asks for with `is defined` or gives a `default`, aren't among them.
 */
export function templateNames({ parsed }: Pick<Template, 'parsed'>): readonly (readonly string[])[] {
  const own = new Set(jinjaNames);
  const paths: (readonly string[])[] = [];
  const declare = (node: unknown): void => {
    const name = nameOf(node);
    if (name !== undefined) own.add(name);
    else if (isNode(node)) for (const child of childrenOf(node)) declare(child);
  };
  const visitParts = (node: unknown): void => {
    if (!isNode(node) || node['type'] !== 'MemberExpression') return;
    if (node['computed'] === true && isNode(node['property'])) visit(node['property']);
    if (pathOf(node['object']) === undefined && isNode(node['object'])) visit(node['object']);
    else visitParts(node['object']);
  };
  const visit = (node: Node): void => {
    const path = pathOf(node);
    if (path !== undefined) {
      paths.push(path);
      visitParts(node);
      return;
    }
    for (const child of takenBy(node, declare)) visit(child);
  };
  if (isNode(parsed)) visit(parsed);
  return paths.filter(([first = '']) => !own.has(first));
}

/** Parts of a node whose names it takes; names of filters, tests and arguments are none, what it sets is declared. */
function takenBy(node: Node, declare: (node: unknown) => void): readonly Node[] {
  const only = (...values: readonly unknown[]): readonly Node[] => values.flat().filter(isNode);
  const call = node['filter'];
  const args = isNode(call) && call['type'] === 'CallExpression' ? call['args'] : [];
  switch (node['type']) {
    case 'FilterExpression': {
      const isDefault = nameOf(call) === 'default' || (isNode(call) && nameOf(call['callee']) === 'default');
      return isDefault && pathOf(node['operand']) !== undefined ? only(args) : only(node['operand'], args);
    }
    case 'FilterStatement':
      return only(args, node['body']);
    case 'TestExpression': {
      const isAsking = ['defined', 'undefined'].includes(nameOf(node['test']) ?? '');
      return isAsking && pathOf(node['operand']) !== undefined ? [] : only(node['operand']);
    }
    case 'For':
      declare(node['loopvar']);
      return only(node['iterable'], node['body'], node['defaultBlock']);
    case 'Set':
      declare(
        pathOf(node['assignee']) === undefined
          ? node['assignee']
          : { type: 'Identifier', value: pathOf(node['assignee'])?.[0] },
      );
      return only(node['value'], node['body']);
    case 'Macro':
      declare(node['name']);
      for (const each of only(node['args'])) declare(each['key'] ?? each);
      return only(node['body']);
    // Operators such as `in` are tokens that look like names.
    case 'BinaryExpression':
      return only(node['left'], node['right']);
    case 'UnaryExpression':
      return only(node['argument']);
    case 'KeywordArgumentExpression':
      return only(node['value']);
    default:
      return childrenOf(node);
  }
}
