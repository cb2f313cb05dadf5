// What must hold of every call of the command, whatever it was given. Part of the fuzzer.

import { csvFaults } from './table-values.js';

/** What came of one input. */
export interface Outcome {
  readonly command: string;
  /** Undefined: it threw. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What it threw, or a promise that was left alone; none should. */
  readonly thrown: string | undefined;
  readonly milliseconds: number;
  /** Growth of the process's peak of memory, bytes. */
  readonly growth: number;
  /** Files that were written, by path below the working folder. */
  readonly written: ReadonlyMap<string, Buffer>;
  /** Files that were there before and are not the same any more, or gone; and files written where none may be. */
  readonly touched: readonly string[];
}

/** What was asked for. */
export interface Asked {
  /** The file that was changed; undefined if only flags were. */
  readonly path: string | undefined;
  readonly content: string;
  /** Whether its errors have lines. */
  readonly hasLines: boolean;
  /** Names that a message may begin with: paths of inputs. */
  readonly names: readonly string[];
  readonly args: readonly string[];
}

export interface Fault {
  readonly check: string;
  readonly what: string;
  /** Faults with the same one are taken for the same. */
  readonly shape: string;
}

export const TIME_MAX_MS = 60_000;
export const GROWTH_MAX = 1.5 * 2 ** 30;
const ERROR_LENGTH_MAX = 64 << 10;
const MESSAGES_MAX = 60;

/** Exit codes that docs/reference/commands.md has for each command. */
const CODES: Readonly<Record<string, readonly number[]>> = {
  validate: [0, 2],
  explain: [0, 2],
  schema: [0, 2],
  init: [0, 1, 2],
  import: [0, 1, 2],
  calibrate: [0, 1, 2],
  chart: [0, 1, 2],
  report: [0, 1, 2],
  run: [0, 1, 2, 99],
  plan: [0, 1, 2, 99],
  compare: [0, 1, 2, 99],
  merge: [0, 2, 99],
  verify: [0, 1, 2],
  reproduce: [0, 1, 2],
};

export function faultsOf(outcome: Outcome, asked: Asked): Fault[] {
  return CHECKS.flatMap((check) => check(outcome, asked));
}

const fault = (check: string, what: string, shape = shapeOf(what)): Fault => ({ check, what, shape });

/** A message without what differs from input to input. */
export function shapeOf(text: string): string {
  return text
    .slice(0, 600)
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '"…"')
    .replace(/\d+(\.\d+)?/g, 'N')
    .slice(0, 160);
}

/** The first frame of a stack that is one of kubelapse, or the first of all. */
function frameOf(stack: string): string {
  const frames = [...stack.matchAll(/^\s+at .*$/gm)].map(([line]) => line.trim());
  const own = frames.find((line) => /fuzz\/src\/|\/src\//.test(line) && !line.includes('node_modules'));
  const frame = (own ?? frames[0] ?? '').replace(/\(?(file:\/\/)?\/.*?\/(src|node_modules)\//, '($2/');
  return `${shapeOf(stack.split('\n').find((line) => line.trim() !== '' && !/defect of kubelapse/.test(line)) ?? '')} ${frame}`;
}

type Check = (outcome: Outcome, asked: Asked) => Fault[];

const CHECKS: readonly Check[] = [
  ({ thrown }) => (thrown === undefined ? [] : [fault('thrown', thrown, frameOf(thrown))]),
  ({ command, code }) => {
    const allowed = (Object.hasOwn(CODES, command) ? CODES[command] : undefined) ?? [0, 1, 2, 99];
    return code === undefined || allowed.includes(code) ? [] : [fault('exit code', `${command} ended with ${code}`)];
  },
  ({ stderr, stdout }) => {
    const text = `${stderr}\n${stdout}`;
    const isDefect = /this is a defect of kubelapse/.test(text);
    if (!isDefect && !/^\s+at .*:\d+:\d+\)?$/m.test(text)) return [];
    return [fault(isDefect ? 'defect' : 'stack trace', text.slice(0, 3000), frameOf(text))];
  },
  ({ code, stderr }) => (code === 1 && stderr.trim() === '' ? [fault('silent', 'exit code 1 without a message')] : []),
  refusals,
  // One fault, however many files: a command that writes where it should not writes many.
  ({ touched }) => (touched.length > 0 ? [fault('touched', touched.join(', '), shapeOf(touched[0]!))] : []),
  ({ milliseconds }) => (milliseconds > TIME_MAX_MS ? [fault('time', `took ${Math.round(milliseconds)} ms`)] : []),
  ({ growth }) => (growth > GROWTH_MAX ? [fault('memory', `grew by ${Math.round(growth / 2 ** 20)} MiB`)] : []),
  controls,
  ({ stdout, stderr }) => {
    const line = /^(::(?!error |warning |notice )|##\[).*$/m.exec(`${stdout}\n${stderr}`)?.[0];
    return line === undefined ? [] : [fault('workflow command', line.slice(0, 200))];
  },
  ({ written, code }) =>
    code === 0 || code === 99 ? [...written].flatMap(([path, content]) => valueFaults(path, content)) : [],
];

/** Lines that may stand before an error: warnings with their excerpts, and what is passed over, assumed, replaced or going on. */
const BEFORE_AN_ERROR =
  /: warning: |^ +\d* \| |^(passed over|assumed|of the manifests, changes nothing here): |^profile .* costs? changed$|^[\w.-]+ …$/;

/** Of exit code 2: a bounded number of messages, the first of which says where; nothing is written. */
function refusals({ command, code, stderr, written }: Outcome, asked: Asked): Fault[] {
  if (code !== 2) return [];
  const faults: Fault[] = [];
  const [first] = stderr.split('\n').filter((line) => !BEFORE_AN_ERROR.test(line));
  if (first === undefined || first === '') return [fault('no message', 'exit code 2 without a message')];
  const messages = (stderr.match(/^\S.*: (error|warning): /gm) ?? []).length;
  if (messages > MESSAGES_MAX) faults.push(fault('many messages', `${messages} messages`));
  if (stderr.length > ERROR_LENGTH_MAX)
    faults.push(
      fault('long message', `${stderr.length} characters: ${first.slice(0, 300)}`, shapeOf(stderr.slice(0, 40))),
    );
  if (written.size > 0) {
    const what = `${[...written.keys()].slice(0, 5).join(', ')}: written, and the exit code is 2`;
    faults.push(fault('written', what, command));
  }
  return [...faults, ...placeFaults(first, asked)];
}

/** Errors that are about a file as a whole. */
const WHOLE_FILE =
  /is empty|does not exist|is a directory|cannot be read|characters, more than|larger than this machine|UTF-16|hold no|holds no|are no nodes|has nothing that a parameter can be fitted to|several documents|is named|, line \d+ of |is no text|nothing (that|in common)|not UTF-8|is not YAML/;

function placeFaults(first: string, { path, content, hasLines, names, args }: Asked): Fault[] {
  const end = first.indexOf(': error: ');
  if (path === undefined) {
    const isTold = end > 0 || first.startsWith('kubelapse: ');
    return isTold ? [] : [fault('unnamed', first.slice(0, 300), 'a flag is told over several lines')];
  }
  if (end < 0) return [fault('unnamed', first.slice(0, 300))];
  const place = first.slice(0, end);
  const file = place.replace(/:\d+(:\d+)?$/, '');
  const isNamed =
    names.some((name) => file.includes(name)) ||
    args.some((arg) => /[/.]/.test(arg) && file.startsWith(arg)) ||
    file.startsWith('--') ||
    content.includes(file);
  if (!isNamed) return [fault('unnamed', first.slice(0, 300))];
  const isAboutIt = hasLines && file.endsWith(path) && content.trim().includes('\n');
  if (!isAboutIt || place !== file || WHOLE_FILE.test(first)) return [];
  return [fault('no line', first.slice(0, 300), shapeOf(first.slice(end)))];
}

const LINE_FEED = 10;

/** Where the first control character stands that has no business in a text; -1 if none does. */
export function controlAt(text: string, isAllowed: (code: number, next: number) => boolean): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === LINE_FEED || (code >= 0x20 && code < 0x7f) || code > 0x9f) continue;
    if (!isAllowed(code, text.charCodeAt(i + 1))) return i;
  }
  return -1;
}

const COMMANDS = Object.keys(CODES);

const none = (): boolean => false;
/** JSON escapes those below the space. */
const inJson = (code: number): boolean => code >= 0x7f;
const csvEnd = (code: number, next: number): boolean => code === 13 && next === LINE_FEED;
/** A page has the texts of scenarios in it, as they are. */
const inPage = (code: number, next: number): boolean => code === 9 || csvEnd(code, next);

/** What is allowed beside line feeds, by the end of a file's name. */
const ALLOWED: Readonly<Record<string, (code: number, next: number) => boolean>> = {
  csv: csvEnd,
  html: inPage,
  json: inJson,
};

function controls({ command, stdout, stderr, written }: Outcome, { args }: Asked): Fault[] {
  const isCsv = args.includes('csv');
  const isPage = command === 'report' && args.includes('-');
  const texts: [string, string, (code: number, next: number) => boolean][] = [
    ['stdout', stdout, isCsv ? csvEnd : isPage ? inPage : none],
    ['stderr', stderr, none],
  ];
  for (const [path, content] of written) {
    if (!/\.(csv|svg|html|xml|txt|json|yaml)$/.test(path)) continue;
    texts.push([path.replace(/^.*\//, ''), content.toString('utf8'), ALLOWED[/\w+$/.exec(path)?.[0] ?? ''] ?? none]);
  }
  return texts.flatMap(([name, text, isAllowed]) => {
    const at = controlAt(text, isAllowed);
    if (at < 0) return [];
    const around = JSON.stringify(text.slice(Math.max(0, at - 40), at + 20));
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
    const where = /^ +\d* \| /.test(line) ? 'excerpt' : /: (error|warning): /.exec(line) ? 'message' : 'text';
    return [
      fault('control', `${name}: ${around}`, `${COMMANDS.includes(command) ? command : 'flags'} ${name} ${where}`),
    ];
  });
}

function valueFaults(path: string, content: Buffer): Fault[] {
  if (!path.endsWith('.csv')) return [];
  return csvFaults(path, content.toString('utf8')).map((what) =>
    fault('value', `${path.replace(/^.*\//, '')}: ${what}`),
  );
}
