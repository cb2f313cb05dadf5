// What is put into inputs to see whether it does harm: texts and values that programs often stumble over. Part of the fuzzer.

import type { Random } from './random.js';

/** Where nothing may ever be written: inputs that name a file name this one. */
export const CANARY = '/tmp/kubelapse-fuzz-canary';

const NUMBERS = [
  '0',
  '-0',
  '-1',
  '1',
  '0.5',
  '1e308',
  '1e309',
  '-1e308',
  '5e-324',
  'NaN',
  '.nan',
  'Infinity',
  '-Infinity',
  '.inf',
  '+Inf',
  '2147483648',
  '4294967297',
  '9007199254740993',
  '99999999999999999999999',
  '0x7fffffff',
  '1_000',
  '1,5',
  '01',
  '1e3',
];

const QUANTITIES = [
  '0s',
  '-1s',
  '1ns',
  '1ms',
  '90s',
  '1h',
  '87600h',
  '1e9h',
  '99999999999999999999s',
  '0.1ns',
  '0%',
  '100%',
  '101%',
  '-5%',
  '0.0001%',
  '1m',
  '0m',
  '1Ei',
  '1e30Ei',
  '-1Gi',
  '1k',
  '128Mi',
  '1/2',
  '0/0',
  '3/2',
  '2026-01-01T00:00:00Z',
  '0.0.0.0/0',
  '::/0',
  '10.0.0.0/33',
];

const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'length',
  'true',
  'null',
  'undefined',
  '',
  ' ',
  '~',
  '-',
  '--',
  '-q',
  '--help',
  '.',
  '..',
  '../',
  '../../../../../../etc/passwd',
  `${CANARY}/x`,
  `../../..${CANARY}/x`,
  '/dev/null',
  'a/b',
  'a\\b',
  'CON',
  'web-0',
  'a,b',
  'a=b',
  'x'.repeat(300),
  'ä',
  '名前',
  '🙂',
  '\ud800',
  '*',
  '?',
  '[',
  ']',
  '{',
  '}',
  '(',
  '%',
  '%s',
  '$',
  '$1',
  '$&',
  '#',
  '@',
  '!',
  '|',
  '>',
  ':',
];

const TEXTS = [
  '\u0000',
  '\u0007',
  '\u0008',
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u007f',
  '\u2028',
  '\u202e',
  '\ufeff',
  '\ufffd',
  '\r',
  '\r\n',
  '\n',
  '\t',
  '\v\f',
  '"',
  "'",
  '""',
  '`',
  '```',
  '`id`',
  '$(id)',
  '\\',
  '\\n',
  '\\u0000',
  '=1+1',
  '+1',
  '@SUM(A1)',
  '::stop-commands::token',
  '\n::stop-commands::token\n',
  '::error::no',
  '##[error]no',
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<!--',
  ']]>',
  '&amp;',
  '&#0;',
  '"><img src=x onerror=alert(1)>',
  '{{x}}',
  '# comment',
  '&a',
  '*a',
  '&a [*a]',
  '<<: *a',
  '<<: {a: 1}',
  '!!js/function x',
  '!!binary "AA=="',
  '!!set {a, b}',
  '!!timestamp 2001-12-14',
  '!<tag:yaml.org,2002:float> 1',
  '? [a]\n: b',
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '| \n  a\n',
  '>-\n',
];

const LISTS = [NUMBERS, QUANTITIES, NAMES, TEXTS] as const;

/** A short hostile text. */
export const token = (random: Random): string => random.pick(random.pick(LISTS));

const DEPTHS = [10, 100, 1000, 10_000, 100_000];

/** A long hostile text: deep nesting, a very long line. */
export function longToken(random: Random): string {
  const depth = random.pick(DEPTHS);
  const kind = random.below(9);
  switch (kind) {
    case 0:
      return '['.repeat(depth);
    case 1:
      return '- '.repeat(depth);
    case 2:
      return '{a: '.repeat(depth);
    case 3:
      return `${'['.repeat(depth)}${']'.repeat(depth)}`;
    case 4:
      return '{"a":'.repeat(depth);
    case 5:
      return 'x'.repeat(depth * 10);
    case 6:
      return `${'a,'.repeat(depth)}\n`;
    case 7:
      return '\n'.repeat(depth);
    default:
      return Array.from({ length: Math.min(depth, 60) }, (_, i) =>
        i === 0 ? 'a0: &a0 [x, x]\n' : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]\n`,
      ).join('');
  }
}

/** A value for a tree: of any type, hostile or merely odd. */
export function value(random: Random): unknown {
  switch (random.below(8)) {
    case 0:
      return random.pick([null, true, false, [], {}, '', 0, [[]], [null], { a: null }]);
    case 1:
      return random.pick([
        -1,
        -0,
        0,
        1,
        2,
        0.5,
        1e-9,
        1e21,
        1e308,
        5e-324,
        2147483647,
        2147483648,
        9007199254740992,
        65535,
        65536,
        1000,
        100_000,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        Number.NEGATIVE_INFINITY,
      ]);
    case 2:
    case 3:
      return random.pick(QUANTITIES);
    case 4:
      return random.pick(NUMBERS);
    case 5:
      return random.pick(NAMES);
    case 6:
      return random.pick(TEXTS);
    default:
      return random.chance(0.9) ? random.below(100) : nested(random.pick([10, 100, 1000]));
  }
}

function nested(depth: number): unknown {
  let inner: unknown = 1;
  for (let i = 0; i < depth; i++) inner = i % 2 === 0 ? [inner] : { a: inner };
  return inner;
}
