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
    describe: 'folder that inputs may name files in, besides their own and the current one',
    requiresArg: true,
    default: [] as string[],
  },
  extension: {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'module with parts that are not kubelapse’s own (.mjs): its code is run',
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
    describe: 'replace files that kubelapse did not write, or that were changed since',
  },
  strict: {
    type: 'boolean',
    default: false,
    describe: 'refuse manifests of which something is left out that changes the answer',
  },
  verbose: { type: 'boolean', default: false, describe: 'show where in kubelapse a bug is' },
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
  'explain-placement': {
    type: 'string',
    array: true,
    nargs: 1,
    describe: 'pod whose placement is explained in scheduling.csv, plugin by plugin; * stands for any text',
    requiresArg: true,
    default: [] as string[],
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
      "'FIGURE ±N%': replicate until the half-width of its 95 % interval is at most N %, such as 'pod_startup_p99 ±5%'",
    requiresArg: true,
  },
  'max-replications': {
    type: 'string',
    default: '200',
    describe: 'maximum number of replications with --until',
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
  thresholds: { type: 'boolean', default: true, describe: 'check thresholds; --no-thresholds turns it off' },
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
    describe: 'maximum number of runs at the same time; default: one per core',
    requiresArg: true,
  },
  resume: {
    type: 'boolean',
    default: true,
    describe: 'reuse the finished runs of a call that was stopped; --no-resume turns it off',
  },
  'keep-jobs': {
    type: 'boolean',
    default: false,
    describe: 'keep the finished runs in <results>/jobs, so that a later call with more replications can reuse them',
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
    describe: "nodes in the trace: names or patterns such as 'general-*'; default: all",
    requiresArg: true,
  },
  'trace-pods': {
    type: 'string',
    describe: "pods in the trace: names or patterns such as 'web-3-*'; default: all",
    requiresArg: true,
  },
  'trace-time': { type: 'string', describe: 'time range of the trace, such as 5m-7m', requiresArg: true },
  metrics: {
    type: 'string',
    describe: 'file for what a Prometheus would have scraped, as OpenMetrics text with simulated time',
    requiresArg: true,
  },
  parquet: { type: 'boolean', default: false, describe: 'write estimates.parquet beside estimates.csv' },
  junit: { type: 'string', describe: 'file for the results of the thresholds, as JUnit XML', requiresArg: true },
  summary: { type: 'string', describe: 'file for thresholds and key figures, as JSON', requiresArg: true },
  'event-queue': {
    choices: QUEUE_NAMES,
    default: 'wheel' as const,
    describe: 'event queue; the results are the same bytes',
    requiresArg: true,
  },
  'check-invariants': {
    type: 'boolean',
    default: false,
    describe: 'check invariants of the kubelets during the run; a violation ends it with exit code 1',
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
    describe: "'[METRIC] STATISTIC > +N%': end with exit code 99 if a figure changed that much, such as 'p99 > +10%'",
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
    describe: 'path=value: set a field on both sides; with one scenario, give it twice: for side A, then for side B',
  },
  seed: runOptions.seed,
  replications: {
    ...runOptions.replications,
    describe: 'runs of each point, instead of spec.replications; 10 if neither is given',
  },
  engine: runOptions.engine,
  queue: runOptions.queue,
  jobs: runOptions.jobs,
  'results-dir': { ...runOptions['results-dir'], describe: 'results go to <dir>/compare/' },
  output: { ...runOptions.output, choices: ['table', 'csv'] as const },
  junit: { ...runOptions.junit, describe: 'file for the results of --fail-on, as JUnit XML' },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const chartOptions = {
  type: { alias: 't', choices: CHART_TYPE_NAMES, describe: 'which chart; default: all usual ones', requiresArg: true },
  metric: {
    type: 'string',
    describe: 'for the types latency, ranges and distribution: metric, or a short name such as pod_start or request',
    requiresArg: true,
  },
  x: {
    type: 'string',
    describe: 'custom chart: parameter of the sweep, or column, along the x axis',
    requiresArg: true,
  },
  y: {
    type: 'string',
    describe: "custom chart: column of a table, or a figure such as pod_start_p99 or 'METRIC p(99)'",
    requiresArg: true,
  },
  table: { type: 'string', describe: 'custom chart: table of the column, such as kube_proxy.csv', requiresArg: true },
  mark: { choices: ['line', 'step', 'bar'] as const, describe: 'custom chart: how it is drawn; default: line' },
  color: {
    alias: 'colour',
    type: 'string',
    describe: 'parameter, label or column to colour by',
    requiresArg: true,
  },
  facet: { type: 'string', describe: 'parameter, label or column to split into panels', requiresArg: true },
  log: {
    choices: ['x', 'y', 'xy', 'none'] as const,
    describe: 'logarithmic axes; default: depends on the spread of the figures',
  },
  theme: { choices: ['light', 'dark'] as const, default: 'light' as const, describe: 'colours' },
  output: {
    alias: 'o',
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe:
      'file (.svg, .png or .vl.json; - is SVG on standard output), or a folder for all charts; default: <results>/charts/',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const reportOptions = {
  output: {
    alias: 'o',
    type: 'string',
    describe: 'file for the page; - is standard output; default: report.html beside the results',
    requiresArg: true,
  },
  quiet: runOptions.quiet,
} satisfies Record<string, Options>;

export const playgroundOptions = {
  port: { alias: 'p', type: 'string', default: '8642', describe: 'port; 0: any free one', requiresArg: true },
  host: { type: 'string', default: '127.0.0.1', describe: 'address to listen on', requiresArg: true },
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
    describe: 'largest number to try; default: the search goes as far as it takes',
    requiresArg: true,
  },
  precision: {
    type: 'string',
    default: '1%',
    describe: 'how close the answer has to be to the next number at which the thresholds do not hold',
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
    describe: "'METRIC: EXPR': what must hold, besides spec.thresholds, such as 'pod_ready: p(99) < 30s'",
  },
  set: runOptions.set,
  sweep: { ...runOptions.sweep, describe: 'path=a,b,c: the thresholds must hold with each of these values' },
  seed: runOptions.seed,
  'max-replications': {
    ...runOptions['max-replications'],
    default: '40',
    describe: 'maximum number of replications at one number, while its result is undecided',
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
  nodes: { type: 'string', describe: 'CSV of a trace: one row per node (cpu, memory, pods, pool)', requiresArg: true },
  pods: {
    type: 'string',
    describe: 'CSV of a trace: one row per pod (cpu, memory, created_seconds, deleted_seconds)',
    requiresArg: true,
  },
  mapping: { type: 'string', describe: 'YAML that says which columns of a trace are which', requiresArg: true },
  from: {
    type: 'string',
    describe: 'where in the trace the simulation begins; default: where its first pod starts',
    requiresArg: true,
  },
  'assume-nodes': {
    type: 'boolean',
    default: false,
    describe: 'assume nodes of 16 cores and 64 GiB where there are none: as many as hold the pods',
  },
  lasts: { type: 'string', describe: 'how much of the trace is simulated; default: all of it', requiresArg: true },
  name: { type: 'string', default: 'imported', describe: 'name of the scenario', requiresArg: true },
  dir: { type: 'string', default: 'scenarios', describe: 'folder to write to', requiresArg: true },
  anonymise: { type: 'boolean', default: false, describe: 'replace names, labels and images with made-up ones' },
  salt: {
    type: 'string',
    default: 'kubelapse',
    describe: 'what the made-up names are derived from; use one of your own and keep it secret',
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
  modes: { type: 'string', default: 'iptables,nftables,ipvs', describe: 'modes to measure', requiresArg: true },
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
    describe: 'name=value: condition of all measurements that do not state it, such as services=877 or mode=iptables',
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
