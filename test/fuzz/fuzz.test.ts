// The fuzzer itself: the same seed gives the same inputs, and each of its checks finds a fault that is put in its way.
import { describe, expect, it } from 'vitest';
import { pack } from '../../src/experiment/executors/packed.js';
import { packAssignment } from '../../src/experiment/executors/queue-messages.js';
import { argumentsOf } from './arguments.js';
import { type Asked, faultsOf, GROWTH_MAX, type Outcome, TIME_MAX_MS } from './checks.js';
import { corpusOf, type Folder } from './corpus.js';
import {
  answerFault,
  assignmentFault,
  linkFault,
  NAME,
  OPTIONS,
  RECORD,
  recordFault,
  SOURCE,
  shapeFault,
} from './direct.js';
import { Inputs, isDirect } from './input.js';
import { Random } from './random.js';
import { differences } from './session.js';
import { csvFaults } from './table-values.js';
import { Workspace } from './workspace.js';

const FLAGS: Folder = { name: 'flags', files: new Map() };
const targets = corpusOf('.');

describe('inputs', () => {
  const made = (seed: string): string[] => {
    const inputs = new Inputs(
      // The corpus without what is made of results.
      [...targets, ...(['results', 'merge', 'measured'] as const).map((kind) => ({ ...targets[0]!, kind }))],
      FLAGS,
    );
    return Array.from({ length: 200 }, (_, number) => {
      const input = inputs.of(seed, number);
      const content = isDirect(input) ? input.direct.content : input.content;
      return `${input.kind} ${isDirect(input) ? '' : input.args.join(' ')} ${content.toString('base64')}`;
    });
  };
  it('follow from the seed and the number alone', () => {
    const some = made('1');
    expect(made('1')).toEqual(some);
    expect(made('2')).not.toEqual(some);
    expect(new Set(some.map((text) => text.split(' ')[0])).size).toBeGreaterThan(12);
  });
  it('begin with what is accepted as it is', async () => {
    const workspace = new Workspace();
    const refused: string[] = [];
    try {
      for (const { kind, folder, commands } of targets.filter((target) => target.kind !== 'run')) {
        const leave = workspace.enter(folder, new Map());
        const { code, stderr } = await workspace.call(folder, commands[0]!.args, new Set());
        if (code !== 0) refused.push(`${kind} ${folder.name} ${commands[0]!.args.join(' ')}: ${stderr}`);
        leave();
      }
    } finally {
      workspace.remove();
    }
    expect(refused).toEqual([]);
  });
});

const FINE: Outcome = {
  command: 'run',
  code: 0,
  stdout: 'fine\n',
  stderr: '',
  thrown: undefined,
  milliseconds: 1,
  growth: 0,
  written: new Map(),
  touched: [],
};
const ASKED: Asked = {
  path: 'in/s.yaml',
  content: 'a: 1\nb: 2\n',
  hasLines: true,
  names: ['in/s.yaml'],
  args: ['run', 'in/s.yaml', '-d', 'out'],
};
const found = (outcome: Partial<Outcome>, asked: Partial<Asked> = {}): string[] =>
  faultsOf({ ...FINE, ...outcome }, { ...ASKED, ...asked }).map(({ check }) => check);
const refusal = (stderr: string): Partial<Outcome> => ({ code: 2, stderr });
const written = (path: string, text: string): Partial<Outcome> => ({ written: new Map([[path, Buffer.from(text)]]) });

describe('what is as it should be', () => {
  it.each<Partial<Outcome>>([
    {},
    { code: 99 },
    refusal('in/s.yaml:2:1: error: b: unknown field\n     2 | b: 2\n       | ^ accepted: a\n'),
    refusal('in/s.yaml: error: is empty\n'),
    refusal('--set b: error: must be path=value\n'),
    written('out/s/summary.csv', 'scenario,point,samples\r\ns,0,5\r\n'),
    written('out/s/summary.json', '"\u009b"\n'),
    written('out/s/node_starts.csv', 'disk_busy_ratio\r\n1.5\r\n'),
  ])('is no fault: %j', (outcome) => expect(found(outcome)).toEqual([]));
});

describe('a fault is found:', () => {
  it.each<[string, Partial<Outcome>]>([
    ['thrown', { code: undefined, thrown: 'Error: x\n    at f (/a/src/b.js:1:2)' }],
    ['exit code', { code: 3 }],
    ['exit code', { command: 'validate', code: 99 }],
    ['defect', { code: 1, stderr: 'kubelapse: this is a defect of kubelapse, please report it' }],
    ['stack trace', { code: 1, stderr: 'oh\n    at f (/a/src/b.js:1:2)\n' }],
    ['silent', { code: 1 }],
    ['no message', refusal('')],
    ['no message', refusal('in/s.yaml:1:1: warning: a is odd\n')],
    ['many messages', refusal('in/s.yaml:2:1: error: b\n'.repeat(100))],
    ['long message', refusal(`in/s.yaml:2:1: error: ${'b'.repeat(100_000)}\n`)],
    ['unnamed', refusal('something is wrong\n')],
    ['unnamed', refusal('other.yaml:1:1: error: b\n')],
    ['no line', refusal('in/s.yaml: error: b is wrong\n')],
    ['written', { ...refusal('in/s.yaml:2:1: error: b\n'), ...written('out/x', '') }],
    ['touched', { touched: ['out/keep.txt was changed'] }],
    ['time', { milliseconds: TIME_MAX_MS + 1 }],
    ['memory', { growth: GROWTH_MAX + 1 }],
    ['control', { stdout: 'a\u001b[31m' }],
    ['control', { stderr: 'a\u009b31m' }],
    ['control', { stdout: 'a\r\n' }],
    ['control', written('out/a.svg', '\u0000')],
    ['control', written('out/a.csv', 'a\rb\r\n')],
    ['workflow command', { stderr: 'a\n::stop-commands::x\n' }],
    ['value', written('out/s/summary.csv', 'samples\r\nNaN\r\n')],
    ['value', written('out/s/summary.csv', 'samples\r\n[object Object]\r\n')],
    ['value', written('out/s/pods.csv', 'created_seconds\r\n-1\r\n')],
    ['value', written('out/s/requests.csv', 'share_ratio\r\n1.5\r\n')],
  ])('%s: %j', (check, outcome) => expect(found(outcome)).toEqual([check]));
  it('a flag that is told over several lines', () => {
    const none = { path: undefined, names: [], args: ['--set', 'a\nb'] };
    expect(found(refusal('--set a\nb: error: must be path=value\n'), none)).toEqual(['unnamed']);
    expect(found(refusal('kubelapse: Unknown argument: x\n'), none)).toEqual([]);
  });
  it('other bytes when repeated, but for what the clock says', () => {
    const checks = (other: Partial<Outcome>) => differences(FINE, { ...FINE, ...other }).length;
    expect([{ stdout: 'other' }, { stderr: 'other' }, { code: 1 }, written('out/x', '')].map(checks)).toEqual([
      1, 1, 1, 1,
    ]);
    const told = (seconds: string) => ({ ...FINE, stderr: `out/s/ written in ${seconds} s` });
    expect(differences(told('0.1'), told('0.2'))).toEqual([]);
  });
  it('in cells behind quotes', () => {
    expect(csvFaults('summary.csv', 'metric,samples,mean\r\n"a,""b""\nc",-1,x\r\n')).toEqual([
      'samples: -1 is less than 0 samples',
      'mean: "x" is no number',
    ]);
  });
  it('of links, records and messages', () => {
    expect([linkFault('scenario=a'), linkFault('state=%%%')]).toEqual([undefined, undefined]);
    expect(linkFault('scenario=a', (address) => ({ scenario: `${address}!`, a: {} }))).toContain('is another one');
    const [one, other] = ['1', '2'].map((fingerprint) => pack({ ...RECORD, fingerprint }, NAME));
    expect([recordFault(one!, one!), recordFault(Buffer.from('x'), one!)]).toEqual([undefined, undefined]);
    expect(recordFault(other!, one!)).toContain('a damaged record');
    expect([shapeFault(one!), shapeFault(pack({} as never, NAME))]).toEqual([undefined, undefined]);
    const fail = (): never => {
      throw new Error('no');
    };
    expect(shapeFault(one!, fail)).toContain('that is none: no');
    expect(assignmentFault(Buffer.from('{"assignment":"","digest":""}'))).toBeUndefined();
    const job = {
      build: 'x',
      job: { point: 0, replication: 0 },
      ...packAssignment({ source: SOURCE, options: OPTIONS }),
    };
    const whole = Buffer.from(JSON.stringify(job));
    expect(assignmentFault(whole)).toBeUndefined();
    expect(assignmentFault(whole, () => undefined)).toContain('no answer');
    expect(answerFault(Buffer.from('{"packed": 5}'))).toBeUndefined();
  });
  it('of a process: what it throws, writes beside its folder, and changes', async () => {
    const workspace = new Workspace();
    try {
      const folder: Folder = { name: 'x', files: new Map([['in/a.yaml', Buffer.from('a: 1\n')]]) };
      const leave = workspace.enter(folder, new Map([['in/a.yaml', Buffer.from('a: 2\n')]]));
      const changed = new Set(['in/a.yaml']);
      const refused = await workspace.call(folder, ['validate', 'in/a.yaml'], changed);
      expect([refused.code, refused.touched, refused.written.size]).toEqual([2, [], 0]);
      expect(refused.stderr).toContain('in/a.yaml:1:1: error:');
      const made = await workspace.call(folder, ['init', 'mine', '--dir', 'elsewhere'], changed);
      expect(made.touched.join()).toContain('elsewhere/mine.yaml was written');
      const again = await workspace.call(folder, ['init', 'mine', '--dir', 'out'], changed);
      expect([...again.written.keys()]).toContain('out/mine.yaml');
      expect(again.touched).toEqual([]);
      leave();
    } finally {
      workspace.remove();
    }
  });
});

describe('the command line', () => {
  it('has defaults', () => {
    expect(argumentsOf([])).toMatchObject({ seed: '1', inputs: 2000, from: 0, replay: undefined });
    expect(argumentsOf(['--help'])).toBeUndefined();
  });
  it.each([
    ['--inputs', '0'],
    ['--inputs', 'x'],
    ['--kind', 'toString'],
    ['--nope', '1'],
    ['--seed', ''],
    ['word', ''],
  ])('%s %s is refused', (...words) => expect(() => argumentsOf(words)).toThrow());
});

it('chance is even', () => {
  const random = new Random('x');
  const counts = Array.from({ length: 4000 }).reduce<number[]>((sums) => {
    const at = random.below(4);
    sums[at] = (sums[at] ?? 0) + 1;
    return sums;
  }, []);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
