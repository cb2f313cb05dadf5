// Command lines whose flags are odd. Part of the fuzzer.

import type { Random } from './random.js';
import { longToken, token } from './tokens.js';

const PATHS = [
  'spec.duration',
  'spec.seed',
  'spec.nodePools[0].count',
  'spec.nodePools[9].count',
  'spec.nodePools[-1]',
  'spec.nodePools',
  'spec.kubeProxy.mode',
  'spec.network.plugin',
  'spec.apps[0].copies',
  'spec.apps[0].behavior[0].startup',
  'spec.traffic[0].stages[0].target',
  'spec.sweep',
  'spec',
  'metadata.name',
  'spec.__proto__.x',
  '__proto__.x',
  'constructor.prototype.x',
  'spec.toString',
];
const METRICS = [
  'pod_ready',
  'pod_startup',
  'request',
  'restarts',
  'kubelapse_pod_ready_duration_seconds',
  'kubelapse_pod_ready_duration_seconds{node_pool="general"}',
  'toString',
  '__proto__',
];
const EXPRESSIONS = [
  'p(99) < 30s',
  'max < 1m',
  'count > 100',
  'total == 0',
  'rate < 3',
  'share < 0.1%',
  'p(99.9) <= 1e400s',
  'p(-1) < 1s',
];

/** A text with perhaps something odd in it. */
function odd(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  switch (random.below(6)) {
    case 0:
      return text;
    case 1:
      return token(random);
    case 2:
      return text.slice(0, at) + token(random) + text.slice(at);
    case 3:
      return text.slice(0, at);
    case 4:
      return text.replace(/[\w.]+$/, () => token(random));
    default:
      return random.chance(0.05) ? longToken(random) : text.slice(0, at) + text.slice(at + random.few(4));
  }
}

const assignment = (random: Random): string =>
  odd(
    `${random.pick(PATHS)}=${random.pick(['1', '2', 'ipvs', '{a: 1}', '[1,2]', '30s', 'null', token(random)])}`,
    random,
  );
const sweep = (random: Random): string =>
  odd(
    `${random.pick(PATHS)}=${random.pick(['1,2', 'iptables,ipvs', '1:10:3', '1:1000:x10', '1:10:n4', '10s:1m:n3', '1:1e9:1', '1:2:0', '5:1:1', '1:9:n99999999'])}`,
    random,
  );
const threshold = (random: Random): string => odd(`${random.pick(METRICS)}: ${random.pick(EXPRESSIONS)}`, random);
const number = (random: Random): string => odd(random.pick(['1', '2', '0', '10']), random);

type Flag = readonly [name: string, value: (random: Random) => string];

const RUN: readonly Flag[] = [
  ['--set', assignment],
  ['--set', assignment],
  ['--sweep', sweep],
  ['--threshold', threshold],
  ['--seed', number],
  ['-n', number],
  ['--until', (random) => odd(`${random.pick(METRICS)}_p99 ±5%`, random)],
  ['--max-replications', number],
  ['--warmup', (random) => odd('5s', random)],
  ['--shard', (random) => odd('1/2', random)],
  ['-j', number],
  ['-o', (random) => odd('csv', random)],
  ['--trace-time', (random) => odd('5s-10s', random)],
  ['--trace-nodes', (random) => odd('general-*', random)],
  ['--junit', (random) => random.pick(['out/j.xml', 'in', '', 'in/tiny.yaml/x'])],
  ['--summary', (random) => random.pick(['out/s.json', 'in', '/dev/null'])],
  ['--event-queue', (random) => odd('heap', random)],
];
const COMPARE: readonly Flag[] = [
  ['--metric', (random) => odd(random.pick(METRICS), random)],
  [
    '--fail-on',
    (random) => odd(random.pick(['p99 > +10%', 'pod_ready p50 > 10%', 'restarts total > +1000%', 'p99 < -5%']), random),
  ],
  ['-o', (random) => odd('csv', random)],
  ['--baseline', (random) => odd('in/b', random)],
];
const CHART: readonly Flag[] = [
  ['-t', (random) => odd(random.pick(['latency', 'ranges', 'pods', 'breakdown']), random)],
  ['--metric', (random) => odd(random.pick(METRICS), random)],
  ['--x', (random) => odd('time_seconds', random)],
  ['--y', (random) => odd(random.pick(['value', 'pod_startup_p99', 'pod_ready p(99)', 'cpu_seconds_total']), random)],
  ['--table', (random) => odd('kube_proxy.csv', random)],
  ['--color', (random) => odd('mode', random)],
  ['--facet', (random) => odd('node_pool', random)],
  ['--log', (random) => odd('xy', random)],
];

const FIELDS = [
  'spec',
  'spec.kubeProxy.mode',
  'spec.apps[0].behavior',
  'parameters',
  'spec.nodePools[].count',
  'profile',
  'experiment',
  'scenario',
];

/** Words that begin a command line, with the flags that it may have. They run nothing that takes long. */
const LINES: readonly (readonly [words: readonly string[], flags: readonly Flag[], isRun?: true])[] = [
  [
    ['validate', 'in/tiny.yaml'],
    [
      ['--set', assignment],
      ['--set', assignment],
    ],
  ],
  [
    [
      'run',
      'in/tiny.yaml',
      '-d',
      'out',
      '--engine',
      'inline',
      '--set',
      'spec.duration=30ms',
      '--set',
      'spec.warmup=0s',
    ],
    RUN,
    true,
  ],
  [['compare', 'in/a', 'in/b', '-d', 'out'], COMPARE],
  [['chart', 'in/a', '-o', 'out/c.vl.json'], CHART],
  [
    ['calibrate', 'in/relist.csv', '-o', 'out/p.yaml'],
    [
      ['--at', (random) => odd('services=877', random)],
      ['--name', (random) => odd('mine', random)],
    ],
  ],
  [
    ['import', 'in/web.yaml', 'in/nodes.json', '--dir', 'out'],
    [
      ['--name', (random) => odd('made', random)],
      ['--from', (random) => odd('5m', random)],
      ['--lasts', (random) => odd('5m', random)],
      ['--salt', (random) => odd('salt', random)],
      ['--mapping', (random) => odd('in/m.yaml', random)],
    ],
  ],
  [['init', '--dir', 'out'], []],
  [
    ['plan', 'in/tiny.yaml', '-d', 'out', '--engine', 'inline', '--set', 'spec.duration=1x'],
    [
      ['--maximise', (random) => odd('spec.apps[0].copies', random)],
      ['--minimise', (random) => odd('cost', random)],
      ['--lower', number],
      ['--upper', number],
      ['--precision', (random) => odd('1%', random)],
      ['--subject-to', threshold],
    ],
  ],
];

export interface FlagLine {
  readonly args: string[];
  readonly isRun?: true;
}

/** A command line by chance. */
export function flagLine(random: Random): FlagLine {
  const kind = random.below(10);
  if (kind === 0)
    return { args: ['explain', odd(random.pick(FIELDS), random), ...(random.chance(0.3) ? ['--recursive'] : [])] };
  if (kind === 1)
    return {
      args: Array.from({ length: random.few(4) }, () =>
        odd(random.pick(['validate', 'schema', 'explain', '--help', 'profile', 'completion']), random),
      ).filter((word) => !/^(playground|worker|measure-kernel)$/.test(word)),
    };
  const [words, flags, isRun] = random.pick(LINES);
  const args = [...words];
  if (words[0] === 'init') args.splice(1, 0, odd('my-cluster', random));
  for (let n = random.few(3); n > 0 && flags.length > 0; n--) {
    const [name, value] = random.pick(flags);
    const written = value(random);
    if (name.startsWith('--') && random.chance(0.5)) args.push(`${name}=${written}`);
    else args.push(name, written);
  }
  if (random.chance(0.05)) args.push(odd('--quiet', random));
  return isRun === true ? { args, isRun } : { args };
}
