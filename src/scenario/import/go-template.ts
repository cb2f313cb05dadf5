// The part of Go's templates that load definitions are written in, as far as it is static: variables, defaults, whole numbers.
// Part of the scenario. What decides by something else (if, range, functions) is not static, and is said so.

/** A template that says something which is known only when it is carried out. */
export class NotStatic extends Error {}

export type TemplateValue = string | number;
/** Fields of the dot, and variables as they are set. */
export type TemplateValues = Record<string, TemplateValue>;

type Expression = TemplateValue | readonly Expression[] | { readonly name: string };

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  AddInt: (a, b) => a + b,
  SubtractInt: (a, b) => a - b,
  MultiplyInt: (a, b) => a * b,
  DivideInt: (a, b) => Math.trunc(a / b),
  MaxInt: Math.max,
  MinInt: Math.min,
};

/** The text with everything in double braces replaced. Throws a {@link NotStatic}. @param values gets the variables that it sets. */
export function rendered(text: string, values: TemplateValues): string {
  // A dash takes the white space beside it away.
  return text.replaceAll(/(?:\s*\{\{-\s|\{\{)([\s\S]*?)(?:\s-\}\}\s*|\}\})/g, (_, inner: string) => {
    const code = inner.trim();
    if (code === '' || code.startsWith('/*')) return '';
    const [, variable, expression] = /^(\$\w+)\s*:?=\s*([\s\S]+)$/.exec(code) ?? [];
    if (variable === undefined) return String(evaluated(parsed(code), values));
    values[variable] = evaluated(parsed(expression!), values);
    return '';
  });
}

/** Words, quoted texts and what stands in parentheses. */
function parsed(code: string): Expression {
  const tokens = code.match(/"[^"]*"|`[^`]*`|[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const list = (): Expression[] => {
    const found: Expression[] = [];
    while (at < tokens.length && tokens[at] !== ')') {
      const token = tokens[at++]!;
      if (token === '(') {
        found.push(list());
        at++;
      } else if (/^["`]/.test(token)) found.push(token.slice(1, -1));
      else found.push(/^-?\d+(\.\d+)?$/.test(token) ? Number(token) : { name: token });
    }
    return found;
  };
  return list();
}

function evaluated(expression: Expression, values: TemplateValues): TemplateValue {
  if (typeof expression === 'string' || typeof expression === 'number') return expression;
  if (!Array.isArray(expression)) return named((expression as { name: string }).name, values);
  const [first, ...rest] = expression as Expression[];
  if (rest.length === 0 && first !== undefined) return evaluated(first, values);
  const name = typeof first === 'object' && !Array.isArray(first) ? (first as { name: string }).name : '';
  if (name === 'DefaultParam' && rest.length === 2) return orElse(rest[0]!, rest[1]!, values);
  const operation = Object.hasOwn(ARITHMETIC, name) ? ARITHMETIC[name] : undefined;
  if (operation === undefined || rest.length !== 2) throw new NotStatic(`{{${name} …}} is not static`);
  return operation(Number(evaluated(rest[0]!, values)), Number(evaluated(rest[1]!, values)));
}

function orElse(wanted: Expression, otherwise: Expression, values: TemplateValues): TemplateValue {
  try {
    return evaluated(wanted, values);
  } catch (error) {
    if (!(error instanceof NotStatic)) throw error;
    return evaluated(otherwise, values);
  }
}

function named(name: string, values: TemplateValues): TemplateValue {
  if (name === 'true' || name === 'false') return name;
  const key = name.replace(/^\./, '');
  if (/^[.$]/.test(name) && Object.hasOwn(values, key)) return values[key]!;
  throw new NotStatic(`{{${name}}} is not known`);
}
