// The flags of every command: name, default, what it is for.

import type { Options } from 'yargs';
import { QUEUE_NAMES } from '../engine/event-queue.js';
import { CHART_TYPE_NAMES } from '../report/charts/chart-type-names.js';
import { ENGINES } from './engines.js';

const OUTPUTS = ['table', 'json', 'csv'] as const;

/** Flags of every command. */
export const globalOptions = {
  'allow-path': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'folder in which inputs may name files, beside their own and the current one',
    requiresArg: true,
    default: [] as string[],
  },
  'max-file-size': {
    type: 'string',
    describe: 'largest file that is read, such as 256Mi, where that is more than the usual limit',
    requiresArg: true,
  },
  force: {
    type: 'boolean',
    default: false,
    describe: 'replace files that kubelapse has not written, or that were changed',
  },
  verbose: { type: 'boolean', default: false, describe: 'show where a defect is' },
} as const satisfies Readonly<Record<string, Options>>;

export const runOptions = {
  seed: { type: 'string', describe: 'seed of all random streams, instead of spec.seed', requiresArg: true },
  set: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "path=value: set one field, such as spec.kubeProxy.mode=ipvs or 'spec.nodePools[0].count=9'",
    requiresArg: true,
    default: [] as string[],
  },
  'results-dir': {
    alias: 'd',
    type: 'string',
    default: 'results',
    describe: 'results go to <dir>/<scenario>/',
    requiresArg: true,
  },
  output: {
    alias: 'o',
    choices: OUTPUTS,
    default: 'table' as const,
    describe: 'what is printed on standard output',
    requiresArg: true,
  },
  quiet: { alias: 'q', type: 'boolean', default: false, describe: 'print nothing but errors' },
  raw: {
    type: 'boolean',
    default: false,
    describe: 'write tables that are left out because of their length, such as pods.csv',
  },
  sweep: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'path=a,b,c, or path=from:to:step (:xFACTOR, :nPOINTS): run with each of these values',
    requiresArg: true,
    default: [] as string[],
  },
  replications: {
    alias: 'n',
    type: 'string',
    describe: 'runs of each point with seeds of their own, instead of spec.replications',
    requiresArg: true,
  },
  until: {
    type: 'string',
    describe:
      "'FIGURE ±N%': as many replications as make half the 95 % interval of it so narrow, such as 'pod_startup_p99 ±5%'",
    requiresArg: true,
  },
  'max-replications': {
    type: 'string',
    default: '200',
    describe: 'replications at most with --until',
    requiresArg: true,
  },
  warmup: {
    type: 'string',
    describe:
      'time at the beginning that is not measured, instead of spec.warmup; auto: until sampled series are steady',
    requiresArg: true,
  },
  threshold: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "'METRIC: EXPR': must hold at every point, such as 'pod_ready: p(99) < 30s'; exit code 99 if not",
    requiresArg: true,
    default: [] as string[],
  },
  thresholds: { type: 'boolean', default: true, describe: 'check thresholds; --no-thresholds: do not' },
  shard: {
    type: 'string',
    describe: 'i/n: run the i-th of n parts only; kubelapse merge joins them',
    requiresArg: true,
  },
  engine: {
    choices: ENGINES,
    default: 'auto' as const,
    describe:
      'what carries out the runs: this thread, threads, workers of a queue (bullmq), or what fits; the results are the same bytes',
    requiresArg: true,
  },
  queue: {
    type: 'string',
    describe:
      'URL of the queue for --engine bullmq: redis://, rediss:// or postgres://, with account and password in it',
    requiresArg: true,
  },
  jobs: {
    alias: 'j',
    type: 'string',
    describe: 'runs at the same time at most; one a core without it',
    requiresArg: true,
  },
  resume: {
    type: 'boolean',
    default: true,
    describe: 'take over the finished runs of one that was stopped; --no-resume: do not',
  },
  'keep-jobs': {
    type: 'boolean',
    default: false,
    describe: 'keep the finished runs in <results>/jobs, so that more replications of them need not run again',
  },
  watch: { type: 'boolean', default: false, describe: 'run again whenever the scenario or one of its files changes' },
  charts: { type: 'boolean', default: false, describe: 'draw the usual charts beside the results (kubelapse chart)' },
  report: { type: 'boolean', default: false, describe: 'write report.html beside the results (kubelapse report)' },
  trace: {
    type: 'string',
    describe: 'file for what happened, event by event, to open in Perfetto: .json or .json.gz; one point',
    requiresArg: true,
  },
  'trace-nodes': {
    type: 'string',
    describe: "nodes in the trace: names, 'general-*'; all without it",
    requiresArg: true,
  },
  'trace-pods': { type: 'string', describe: "pods in the trace: names, 'web-3-*'; all without it", requiresArg: true },
  'trace-time': { type: 'string', describe: 'from-until in the trace, such as 5m-7m', requiresArg: true },
  metrics: {
    type: 'string',
    describe: 'file for what a Prometheus would have scraped, as OpenMetrics text with simulated time',
    requiresArg: true,
  },
  parquet: { type: 'boolean', default: false, describe: 'write estimates.parquet beside estimates.csv' },
  junit: { type: 'string', describe: 'file that the thresholds go to as JUnit XML', requiresArg: true },
  summary: { type: 'string', describe: 'file that thresholds and key figures go to as JSON', requiresArg: true },
  'event-queue': {
    choices: QUEUE_NAMES,
    default: 'wheel' as const,
    describe: 'event queue; the results are the same bytes',
    requiresArg: true,
  },
  'check-invariants': {
    type: 'boolean',
    default: false,
    describe: 'check what kubelets promise while it runs; a broken promise ends it with exit code 1',
  },
  'every-tick': {
    type: 'boolean',
    default: false,
    describe: 'execute every tick as an event: slow, the same bytes',
    hidden: true,
  },
} satisfies Record<string, Options>;

export const compareOptions = {
  baseline: {
    type: 'string',
    describe:
      'folder of results, or one that holds some: each is compared with its scenario as it is now, or with the side named',
    requiresArg: true,
  },
  'fail-on': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: "'[METRIC] STATISTIC > +N%': end with exit code 99 if a figure changed so, such as 'p99 > +10%'",
    requiresArg: true,
    default: [] as string[],
  },
  metric: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'show this metric with all its statistics; may be given several times',
    requiresArg: true,
    default: [] as string[],
  },
  all: { type: 'boolean', default: false, describe: 'show every figure' },
  set: {
    ...runOptions.set,
    describe: 'path=value: for both sides; of one scenario given twice: for side A and for side B',
  },
  seed: runOptions.seed,
  replications: {
    ...runOptions.replications,
    describe: 'runs of each point, instead of spec.replications; 10 if neither says',
  },
  engine: runOptions.engine,
  queue: runOptions.queue,
  jobs: runOptions.jobs,
  'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/compare/' },
  output: { ...runOptions.output, choices: ['table', 'csv'] as const },
  junit: { ...runOptions.junit, describe: 'file that --fail-on goes to as JUnit XML' },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const chartOptions = {
  type: { alias: 't', choices: CHART_TYPE_NAMES, describe: 'which chart; none: all usual ones', requiresArg: true },
  metric: {
    type: 'string',
    describe: 'of the types latency, ranges and distribution: metric, or a short name such as pod_start or request',
    requiresArg: true,
  },
  x: { type: 'string', describe: 'own chart: parameter of the sweep, or column, along the x axis', requiresArg: true },
  y: {
    type: 'string',
    describe: "own chart: column of a table, or a figure such as pod_start_p99 or 'METRIC p(99)'",
    requiresArg: true,
  },
  table: { type: 'string', describe: 'own chart: table of the column, such as kube_proxy.csv', requiresArg: true },
  mark: { choices: ['line', 'step', 'bar'] as const, describe: 'own chart: how it is drawn; line without it' },
  color: {
    alias: 'colour',
    type: 'string',
    describe: 'parameter, label or column that colours tell apart',
    requiresArg: true,
  },
  facet: { type: 'string', describe: 'parameter, label or column that panels tell apart', requiresArg: true },
  log: {
    choices: ['x', 'y', 'xy', 'none'] as const,
    describe: 'logarithmic axes; none given: as the figures are spread',
  },
  theme: { choices: ['light', 'dark'] as const, default: 'light' as const, describe: 'colours' },
  output: {
    alias: 'o',
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe:
      'file (.svg, .png or .vl.json; - is SVG on standard output), or a folder for all charts; none: <results>/charts/',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const reportOptions = {
  output: {
    alias: 'o',
    type: 'string',
    describe: 'file for the page; - is standard output; none: report.html beside the results',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const playgroundOptions = {
  port: { alias: 'p', type: 'string', default: '8642', describe: 'port; 0: any free one', requiresArg: true },
  host: { type: 'string', default: '127.0.0.1', describe: 'address that is listened on', requiresArg: true },
} satisfies Record<string, Options>;

export const planOptions = {
  maximise: { type: 'string', describe: 'path of a whole number, such as spec.apps[0].copies', requiresArg: true },
  minimise: {
    type: 'string',
    describe: 'path of a whole number; or cost, over the nodeTypes of a node pool',
    requiresArg: true,
  },
  lower: { type: 'string', default: '1', describe: 'where the search begins', requiresArg: true },
  upper: {
    type: 'string',
    describe: 'where it ends at the latest; without it, it goes as far as it takes',
    requiresArg: true,
  },
  precision: {
    type: 'string',
    default: '1%',
    describe: 'how near the answer is to the first number beyond it',
    requiresArg: true,
  },
  checks: {
    type: 'string',
    default: '3',
    describe: 'further numbers that are tried, to see whether more is always harder',
    requiresArg: true,
  },
  'subject-to': {
    ...runOptions.threshold,
    describe: "'METRIC: EXPR': what must hold, beside spec.thresholds, such as 'pod_ready: p(99) < 30s'",
  },
  set: runOptions.set,
  sweep: { ...runOptions.sweep, describe: 'path=a,b,c: the thresholds must hold with each of these values' },
  seed: runOptions.seed,
  'max-replications': {
    ...runOptions['max-replications'],
    default: '40',
    describe: 'replications of a number at most, where it is not clear',
  },
  engine: runOptions.engine,
  queue: runOptions.queue,
  jobs: runOptions.jobs,
  resume: runOptions.resume,
  charts: { type: 'boolean', default: true, describe: 'draw the frontier as SVG; --no-charts: do not' },
  'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/plan/' },
  output: { ...runOptions.output, choices: ['table', 'csv'] as const },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const importOptions = {
  nodes: { type: 'string', describe: 'CSV of a trace: one row a node (cpu, memory, pods, pool)', requiresArg: true },
  pods: {
    type: 'string',
    describe: 'CSV of a trace: one row a pod (cpu, memory, created_seconds, deleted_seconds)',
    requiresArg: true,
  },
  mapping: { type: 'string', describe: 'YAML that says which columns of a trace are which', requiresArg: true },
  from: { type: 'string', default: '0s', describe: 'where in the trace the simulation begins', requiresArg: true },
  lasts: { type: 'string', describe: 'how much of the trace is simulated; all of it without', requiresArg: true },
  name: { type: 'string', default: 'imported', describe: 'name of the scenario', requiresArg: true },
  dir: { type: 'string', default: 'scenarios', describe: 'folder to write to', requiresArg: true },
  anonymise: { type: 'boolean', default: false, describe: 'give names, labels and images other names' },
  salt: {
    type: 'string',
    default: 'kubelapse',
    describe: 'what the other names follow from; keep your own secret',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const measureOptions = {
  services: { type: 'string', default: '100,1000,5000', describe: 'numbers of services', requiresArg: true },
  endpoints: { type: 'string', default: '2', describe: 'endpoints of each service', requiresArg: true },
  connections: {
    type: 'string',
    default: '200',
    describe: 'connections that are timed at each point',
    requiresArg: true,
  },
  modes: { type: 'string', default: 'iptables,nftables,ipvs', describe: 'what is measured', requiresArg: true },
  output: {
    alias: 'o',
    type: 'string',
    default: 'kernel-measurements.csv',
    describe: 'file that is written; - is standard output',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const calibrateOptions = {
  at: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'name=value: what held for all measurements that do not say so, such as services=877 or mode=iptables',
    requiresArg: true,
    default: [] as string[],
  },
  name: { type: 'string', default: 'calibrated', describe: 'name of the profile', requiresArg: true },
  output: {
    alias: 'o',
    type: 'string',
    default: 'profile.yaml',
    describe: 'where the profile goes; - is standard output',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;
