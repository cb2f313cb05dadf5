// Charts from tables of a few rows: what goes where, what a title says, what is drawn; then the pictures themselves.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../src/metrics/index.js';
import {
  axisUnit,
  CHART_TYPES,
  type ChartRequest,
  estimateFigure,
  type Figure,
  layoutOf,
  logTicks,
  plainRequest,
  pngOf,
  pointsOfResults,
  type ResultTables,
  svgOf,
  tableFigure,
  textOf,
  usualFigures,
  vegaLiteOf,
} from '../../src/report/index.js';
import { parseFigure } from '../../src/scenario/index.js';

const FIRST_PACKET = 'kubelapse_first_packet_lookup_duration_seconds';
const STAGE = 'kubelapse_pod_start_stage_duration_seconds';

/** Lines of CSV with an end of their own. */
const csv = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');

/** A result whose tables are these; estimates.csv, which tells the points, has a row for each. */
function result(
  points: readonly Readonly<Record<string, string | number>>[],
  tables: Readonly<Record<string, (point: number) => string[]>>,
  headers: Readonly<Record<string, string>>,
  name = 'r',
): ResultTables {
  const parameters = Object.keys(points[0] ?? {});
  const head = ['scenario', 'point', ...parameters.map((parameter) => `parameter_${parameter}`)];
  const prefix = (point: number): string =>
    ['s', point, ...parameters.map((parameter) => points[point]![parameter])].join(',');
  const all = {
    'estimates.csv': csv(
      `${head.join(',')},metric,labels,statistic,mean,ci95_low,ci95_high`,
      ...points.map((_, point) => `${prefix(point)},${FIRST_PACKET},,p99,${point + 1},${point + 0.5},${point + 1.5}`),
    ),
    ...Object.fromEntries(
      Object.entries(tables).map(([file, rows]) => [
        file,
        csv(
          `${head.join(',')},${headers[file]}`,
          ...points.flatMap((_, point) => rows(point).map((row) => `${prefix(point)},${row}`)),
        ),
      ]),
    ),
  };
  return { name, text: (file) => (all as Record<string, string>)[file] };
}

const SHARES = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1];
const quantiles = (metric: string, labels: string, values: readonly number[]): string[] =>
  values.map((value, i) => `${metric},"${labels}",seconds,100,${SHARES[i]},${value}`);
const HEADERS = {
  'quantiles.csv': 'metric,labels,unit,samples,quantile_ratio,value',
  'timeseries.csv': 'replication,time_seconds,metric,value',
  'faults.csv': 'replication,fault,type,begins_seconds,ends_seconds,nodes_total,pods_total',
  'network_programming.csv': 'replication,scope,window_begins_seconds,p50_seconds,p99_seconds',
  'load_balancing.csv': 'replication,pod,relative_ratio',
  'pod_start_breakdown.csv': 'replication,low_ratio,high_ratio,stage,mean_seconds',
  'thresholds.csv': 'metric,expression,unit,bound',
  'kube_proxy.csv': 'replication,rules,cpu_seconds_total',
};
const request = (...results: readonly ResultTables[]): ChartRequest => plainRequest(results);
const make = (type: string, of: ChartRequest, metric?: string): Figure =>
  CHART_TYPES.find((chart) => chart.type === type)!.make(of, metric as never)!;

describe('where parameters go', () => {
  const points = (...values: readonly Readonly<Record<string, string | number>>[]) =>
    pointsOfResults([result(values, {}, {})]);
  it.each<[string, Record<string, string | number>[], boolean, ReturnType<typeof layoutOf>]>([
    [
      'a number along the axis, a word in colours',
      [
        { n: 1, mode: 'a' },
        { n: 2, mode: 'a' },
        { n: 1, mode: 'b' },
      ],
      false,
      { along: 'n', colour: 'mode', panels: [] },
    ],
    [
      'of two numbers the second in colours',
      [
        { n: 1, m: 1 },
        { n: 2, m: 2 },
      ],
      false,
      { along: 'n', colour: 'm', panels: [] },
    ],
    [
      'a third into panels',
      [
        { n: 1, mode: 'a', cni: 'x' },
        { n: 2, mode: 'b', cni: 'y' },
      ],
      false,
      { along: 'n', colour: 'mode', panels: ['cni'] },
    ],
    [
      'nothing that is the same everywhere',
      [
        { n: 1, mode: 'a' },
        { n: 1, mode: 'b' },
      ],
      false,
      { along: undefined, colour: 'mode', panels: [] },
    ],
    ['no parameter where time is the axis', [{ n: 1 }, { n: 2 }], true, { along: undefined, colour: 'n', panels: [] }],
  ])('%s', (_, values, hasOwnAxis, expected) => {
    expect(layoutOf(points(...values), hasOwnAxis)).toEqual(expected);
  });
  it('more than eight values get no colours', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ scheduler: `s${i}` }));
    expect(layoutOf(points(...many), true)).toEqual({ along: undefined, colour: undefined, panels: ['scheduler'] });
  });
  it('what a user chooses comes first, and the rest still has its place', () => {
    const of = points({ n: 1, mode: 'a', cni: 'x' }, { n: 2, mode: 'b', cni: 'y' });
    expect(layoutOf(of, false, { panels: ['mode'] })).toEqual({ along: 'n', colour: 'cni', panels: ['mode'] });
  });
  it('several results are told apart by their names', () => {
    const of = pointsOfResults([result([{}], {}, {}, 'before'), result([{}], {}, {}, 'after')]);
    expect(of.map(({ parameters }) => [...parameters])).toEqual([[['result', 'before']], [['result', 'after']]]);
  });
});

describe('axes', () => {
  const axis = { title: 't', quantity: 'seconds' } as const;
  it.each([
    [[0.000002, 0.00009], 'µs'],
    [[0.002, 0.5], 'ms'],
    [[1, 100], 's'],
    [[1, 200], 'min'],
    [[0], 's'],
  ])('seconds %j are drawn in %s', (values, unit) => expect(axisUnit(axis, values).name).toBe(unit));
  it('a wide logarithmic axis has units at its labels', () => {
    expect(axisUnit({ ...axis, isLog: true }, [0.000001, 10])).toEqual({ size: 1, name: '', isMixed: true });
  });
  it('ticks are 1, 2, 5; of wide axes powers of ten', () => {
    expect(logTicks([3, 70])).toEqual([5, 10, 20, 50]);
    expect(logTicks([1, 20_000])).toEqual([1, 10, 100, 1000, 10_000]);
    expect(logTicks([])).toEqual([]);
  });
  it('figures are written with their unit', () => {
    expect([
      textOf(0.0000029, 'seconds'),
      textOf(0.123, 'ratio'),
      textOf(1234, 'number'),
      textOf(1.2345, 'number'),
    ]).toEqual(['2.9µs', '12.3 %', '1,234', '1.23']);
  });
});

describe('latency', () => {
  const of = (
    points: readonly Readonly<Record<string, string | number>>[],
    factor: (point: number) => number,
  ): ChartRequest =>
    request(
      result(
        points,
        {
          'quantiles.csv': (point) =>
            quantiles(
              FIRST_PACKET,
              '',
              [1, 2, 3, 4, 5, 6, 7].map((value) => value * factor(point)),
            ),
          'thresholds.csv': () => [`${FIRST_PACKET},p(99) < 5s,seconds,5`],
        },
        HEADERS,
      ),
    );
  it('is a line along a number: median, with the band to p99, in order of the number', () => {
    const figure = make(
      'latency',
      of(
        [
          { n: 100, mode: 'ipvs' },
          { n: 10, mode: 'ipvs' },
          { n: 10, mode: 'iptables' },
          { n: 100, mode: 'iptables' },
        ],
        (point) => [1, 1, 2, 20][point]!,
      ),
    );
    expect(figure.series).toEqual([
      {
        name: 'ipvs',
        panel: '',
        data: [
          { x: 10, y: 4, low: 4, high: 6 },
          { x: 100, y: 4, low: 4, high: 6 },
        ],
      },
      {
        name: 'iptables',
        panel: '',
        data: [
          { x: 10, y: 8, low: 8, high: 12 },
          { x: 100, y: 80, low: 80, high: 120 },
        ],
      },
    ]);
    expect(figure.title).toBe('First packet to a service, median at n=100: ipvs 4s, iptables 1m20s (20x)');
    expect([figure.x.isLog, figure.y.isLog, figure.colourTitle]).toEqual([false, true, 'mode']);
    expect(figure.limits).toEqual([{ y: 5, text: 'p(99) < 5s' }]);
  });
  it('is a range at each point where no number is varied', () => {
    const figure = make(
      'latency',
      of([{ mode: 'ipvs' }, { mode: 'iptables' }], (point) => point + 1),
    );
    expect(figure.mark).toBe('range');
    expect(figure.series[0]!.data[1]).toEqual({ x: 'iptables', y: 8, low: 6, high: 10, least: 4, most: 12 });
    expect(figure.title).toBe('First packet to a service, median: ipvs 4s, iptables 8s (2x)');
  });
  it('says that all points are the same', () => {
    expect(
      make(
        'latency',
        of([{ mode: 'a' }, { mode: 'b' }], () => 1),
      ).title,
    ).toBe('First packet to a service, median: 4s, the same in both');
  });
  it('of one run tells how far it spreads', () => {
    expect(
      make(
        'latency',
        of([{}], () => 1),
      ).title,
    ).toBe('First packet to a service: median 4s, 99 % within 6s');
  });
  it('as a distribution is the share at or below each value', () => {
    const figure = make(
      'distribution',
      of([{ mode: 'a' }, { mode: 'b' }], (point) => point + 1),
    );
    expect(figure.series[0]!.data.map(({ x, y }) => [x, y])).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((value, i) => [value, SHARES[i]]),
    );
  });
  it('shows no more than twelve panels, and says how many are left out', () => {
    const points = Array.from({ length: 14 }, (_, i) => ({ scheduler: `s${i}`, n: 1 })).flatMap((point) => [
      point,
      { ...point, n: 2 },
    ]);
    const figure = make(
      'latency',
      of(points, () => 1),
    );
    expect(new Set(figure.series.map(({ panel }) => panel)).size).toBe(12);
    expect(figure.subtitle.at(-1)).toBe('2 more panels are left out.');
  });
});

describe('what a title says is about all that was measured', () => {
  const lines = (
    points: readonly Readonly<Record<string, string | number>>[],
    values: readonly number[],
  ): ChartRequest =>
    request(
      result(
        points,
        {
          'quantiles.csv': (point) =>
            quantiles(
              FIRST_PACKET,
              '',
              SHARES.map(() => values[point]!),
            ),
        },
        HEADERS,
      ),
    );
  it('all panels, at the greatest number that all lines have', () => {
    const points = [
      { n: 1, mode: 'a', cni: 'x' },
      { n: 2, mode: 'a', cni: 'x' },
      { n: 1, mode: 'b', cni: 'y' },
      { n: 2, mode: 'b', cni: 'y' },
      { n: 100, mode: 'b', cni: 'y' },
    ];
    expect(make('latency', lines(points, [1, 2, 3, 4, 5])).title).toBe(
      'First packet to a service, median at n=2: x, a 2s, y, b 4s (2x)',
    );
  });
  it('points at which nothing happened too', () => {
    const rows = (point: number): string[] =>
      [0, 1].map((i) => `0,${i},kubelapse_container_restarts_total,${i * point * 3}`);
    const figure = make(
      'restarts',
      request(result([{ mode: 'a' }, { mode: 'b' }], { 'timeseries.csv': rows }, HEADERS)),
    );
    expect(figure.title).toBe('Container restarts: a 0, b 3');
    expect(figure.series.map(({ name }) => name)).toEqual(['a', 'b']);
  });
  it.each([
    [100, 108, 'Failed requests: 20,000 to 21,600, a difference within chance'],
    [100, 200, 'Failed requests: a 20,000, b 40,000 (2x)'],
  ])('%i and %i failures of simulated requests that stand for 200 each', (a, b, title) => {
    const rows = (point: number): string[] => [`0,1,kubelapse_requests_failed_total,${[a, b][point]! * 200}`];
    const tables = { 'timeseries.csv': rows, 'requests.csv': () => ['0,200'] };
    const figure = make(
      'failures',
      request(result([{ mode: 'a' }, { mode: 'b' }], tables, { ...HEADERS, 'requests.csv': 'replication,weight' })),
    );
    expect(figure.title).toBe(title);
    expect(figure.subtitle).toContain('Each simulated request stands for 200 real ones.');
  });
  it('a label with the name of a parameter of the sweep merges no points', () => {
    const rows = (point: number): string[] =>
      quantiles(
        FIRST_PACKET,
        'node_pool=p',
        SHARES.map((share) => share + point + 1),
      );
    const figure = make(
      'distribution',
      request(result([{ node_pool: 3 }, { node_pool: 4 }], { 'quantiles.csv': rows }, HEADERS)),
    );
    expect(figure.series).toHaveLength(2);
  });
  it('zero along an axis keeps it linear', () => {
    const figure = make('latency', lines([{ n: 0 }, { n: 1 }, { n: 100 }], [1, 2, 3]));
    expect([figure.x.isLog, figure.series[0]!.data.map(({ x }) => x)]).toEqual([false, [0, 1, 100]]);
  });
  it('what a logarithmic axis has no place for is said', () => {
    const figure = make('latency', { ...lines([{ n: 0 }, { n: 1 }], [1, 2]), log: { x: true, y: false } });
    expect(JSON.stringify(vegaLiteOf(figure).title)).toContain(
      '1 figure at or below 0 left out: the axis is logarithmic.',
    );
  });
  it('tables of replications show the first, and say so', () => {
    const table = () => ['0,10,1', '1,99,1'];
    const figure = tableFigure(
      request(result([{ n: 1 }, { n: 2 }], { 'kube_proxy.csv': table }, HEADERS)),
      'kube_proxy.csv',
      { x: 'n', y: 'rules', mark: 'line' },
    )!;
    expect(figure.series[0]!.data.map(({ y }) => y)).toEqual([10, 10]);
    expect(figure.subtitle).toContain('The first replication.');
  });
});

describe('over time', () => {
  const series = (values: readonly number[], metric = 'kubelapse_pods_ready'): string[] =>
    values.map((value, i) => `0,${i * 10},${metric},${value}`);
  const of = (rows: string[], faults: string[] = []): ChartRequest =>
    request(result([{}], { 'timeseries.csv': () => rows, 'faults.csv': () => faults }, HEADERS));
  it.each([
    [[0, 5, 10, 10], '10 pods are ready at 20s'],
    [[0, 10, 4, 10], '10 pods are ready at 10s, the fewest are 4, at 20s'],
    [[10, 10, 7, 12], '10 pods are ready at first, the fewest are 7, at 20s'],
  ])('pods ready %j: %s', (values, title) => expect(make('pods', of(series(values))).title).toBe(title));
  it('has faults at their times, those that last as a stretch', () => {
    const figure = make('pods', of(series([1, 2]), ['0,0,PodKill,5,,0,3', '0,1,RuntimeStall,10,40,2,0']));
    expect(figure.marks).toEqual([
      { from: 5, to: 5, text: 'PodKill' },
      { from: 10, to: 40, text: 'RuntimeStall' },
    ]);
  });
  it('faults have a bar each, to the end of the run if they outlast it', () => {
    const figure = make('faults', of(series([1, 2, 3]), ['0,0,PodKill,5,,0,3', '0,1,RuntimeStall,10,15,2,0']));
    expect(figure.series[0]!.data).toEqual([
      { x: '1. PodKill, 3 pods', y: 5, low: 5, high: 20 },
      { x: '2. RuntimeStall, 2 nodes', y: 10, low: 10, high: 15 },
    ]);
    expect(figure.title).toBe('2 faults, from 5s on');
  });
  it('faults that are not the same at all points are not marked', () => {
    const faults = (point: number): string[] => ['0,0,Same,5,,0,3', `0,1,Other,${10 + point},,0,3`];
    const rows = (): string[] => series([1, 2]);
    const figure = make(
      'pods',
      request(result([{ at: 1 }, { at: 2 }], { 'timeseries.csv': rows, 'faults.csv': faults }, HEADERS)),
    );
    expect(figure.marks.map(({ text }) => text)).toEqual(['Same']);
  });
  it('of replications shows the first, and says so', () => {
    const rows = [...series([1, 2]), ...series([3, 4]).map((row) => row.replace(/^0,/, '1,'))];
    const figure = make('pods', of(rows));
    expect(figure.series[0]!.data.map(({ y }) => y)).toEqual([1, 2]);
    expect(figure.subtitle).toEqual(['The first replication.']);
  });
  it('is nothing where nothing happened', () =>
    expect(make('restarts', of(series([0, 0], 'kubelapse_container_restarts_total')))).toBeUndefined());
  it('programming latency is a step for each window, with gaps where there was none', () => {
    const figure = make(
      'programming',
      request(
        result(
          [{}],
          { 'network_programming.csv': () => ['0,cluster,,9,9', '0,window,300,1,2', '0,window,900,3,4'] },
          HEADERS,
        ),
      ),
    );
    expect(figure.series[0]!.data.map(({ x, y, high }) => [x, y, high])).toEqual([
      [300, 1, 2],
      [600, 1, 2],
      [600, Number.NaN, undefined],
      [900, 3, 4],
      [1200, 3, 4],
      [1200, Number.NaN, undefined],
    ]);
    expect(figure.title).toBe('Network programming, 99 % quantile of the worst five minutes: 4s');
  });
});

describe('pod starts', () => {
  const oneTime = (point: number): string[] => stages(point).filter((row) => !row.includes('node_pool=small'));
  const stages = (point: number): string[] => [
    ...quantiles(STAGE, 'node_pool=small,stage=cni', [9, 9, 9, 9, 9, 9, 9]).map((row) => row.replace(',100,', ',10,')),
    ...quantiles(
      STAGE,
      'node_pool=large,stage=cni',
      [1, 1, 2, 3, 4, 5, 6].map((value) => value * (point + 1)),
    ),
    ...quantiles(STAGE, 'node_pool=large,stage=image_pull', [0, 0, 0, 0, 0, 0, 0]),
    ...quantiles(STAGE, 'node_pool=large,stage=watch', [0, 1, 1, 1, 1, 1, 1]),
  ];
  it('by stage: those that take any time, in their order, a panel for each node pool', () => {
    const figure = make('stages', request(result([{}], { 'quantiles.csv': stages }, HEADERS)));
    expect(figure.series.map(({ panel }) => panel)).toEqual(['pool small', 'pool large']);
    expect(figure.series[1]!.data.map(({ x, y }) => [x, y])).toEqual([
      ['watch', 1],
      ['cni', 3],
    ]);
    expect(figure.title).toBe('The longest stage of a pod start is cni, 9s at the median with pool small');
  });
  it('points that are the same are one panel; others have their own', () => {
    const same = make(
      'stages',
      request(result([{ mode: 'a' }, { mode: 'b' }], { 'quantiles.csv': () => oneTime(0) }, HEADERS)),
    );
    expect(same.series.map(({ panel }) => panel)).toEqual(['']);
    expect(same.subtitle).toContain('The same at both points.');
    const unlike = make(
      'stages',
      request(
        result(
          [{ mode: 'a' }, { mode: 'b' }, { mode: 'c' }],
          { 'quantiles.csv': (point) => oneTime(point >> 1) },
          HEADERS,
        ),
      ),
    );
    expect(unlike.series.map(({ panel }) => panel)).toEqual(['a · b', 'c']);
  });
  it('what slow starts spend their time with is a stack for each band', () => {
    const rows = ['0,0,0.9,cni,1', '0,0,0.9,image_pull,0', '0,0.9,1,cni,1', '0,0.9,1,image_pull,5'];
    const figure = make('breakdown', request(result([{}], { 'pod_start_breakdown.csv': () => rows }, HEADERS)));
    expect(figure.series).toEqual([
      {
        name: 'CNI',
        panel: '',
        data: [
          { x: '0–90', y: 1 },
          { x: '90–100', y: 1 },
        ],
      },
      {
        name: 'image pull',
        panel: '',
        data: [
          { x: '0–90', y: 0 },
          { x: '90–100', y: 5 },
        ],
      },
    ]);
    expect(figure.title).toBe('The slowest pod starts take 6s, 5s of it image pull');
  });
});

it('load balancing is the share of endpoints up to each load', () => {
  const figure = make(
    'load-balancing',
    request(result([{}], { 'load_balancing.csv': () => ['0,,', '0,b,1.5', '0,a,0.5', '0,c,1'] }, HEADERS)),
  );
  expect(figure.series[0]!.data).toEqual([
    { x: 0.5, y: 0 },
    { x: 0.5, y: 1 / 3 },
    { x: 1, y: 2 / 3 },
    { x: 1.5, y: 1 },
  ]);
  expect(figure.title).toBe('Requests of the busiest endpoint, relative to an equal share: 1.5');
});

describe('charts of a user', () => {
  const results = result(
    [
      { n: 1, mode: 'a' },
      { n: 2, mode: 'a' },
    ],
    { 'kube_proxy.csv': (point) => [`0,${10 * (point + 1)},${point}`] },
    HEADERS,
  );
  it('draw a column of a table along a parameter', () => {
    const figure = tableFigure(request(results), 'kube_proxy.csv', { x: 'n', y: 'rules', mark: 'line' })!;
    expect(figure.series).toEqual([
      {
        name: '',
        panel: '',
        data: [
          { x: 1, y: 10 },
          { x: 2, y: 20 },
        ],
      },
    ]);
    expect([figure.x.title, figure.y.title, figure.y.quantity]).toEqual(['n', 'rules', 'number']);
  });
  it('take units from the name of the column', () => {
    expect(
      tableFigure(request(results), 'kube_proxy.csv', { x: 'rules', y: 'cpu_seconds_total', mark: 'line' })!.y,
    ).toMatchObject({ title: 'cpu total', quantity: 'seconds' });
  });
  it('draw a figure of a metric with its confidence interval', () => {
    const of = parseFigure('first_packet_p99', { metrics: METRICS });
    if ('message' in of) throw new Error(of.message);
    const figure = estimateFigure(request(results), of, { x: 'n', y: 'first_packet_p99', mark: 'line' })!;
    expect(figure.series[0]!.data).toEqual([
      { x: 1, y: 1, low: 0.5, high: 1.5 },
      { x: 2, y: 2, low: 1.5, high: 2.5 },
    ]);
    expect(figure.subtitle).toEqual(['Band: 95 % confidence interval over the replications.']);
    // Steps are drawn without one.
    const steps = estimateFigure(request(results), of, { x: 'n', y: 'first_packet_p99', mark: 'step' })!;
    expect([steps.mark, steps.subtitle]).toEqual(['step', []]);
  });
  it('draw the interval of a bar as a thin line', async () => {
    const of = parseFigure('first_packet_p99', { metrics: METRICS });
    if ('message' in of) throw new Error(of.message);
    const figure = estimateFigure(request(results), of, { x: 'n', y: 'first_packet_p99', mark: 'bar' })!;
    expect(figure.subtitle).toEqual(['Thin line: 95 % confidence interval over the replications.']);
    for (const [theme, colour] of [
      ['light', '#111111'],
      ['dark', '#f0f0f0'],
    ] as const) {
      const svg = await svgOf(vegaLiteOf(figure, theme));
      expect(svg.match(new RegExp(`<line [^>]*stroke="${colour}" stroke-width="1.5"`, 'g'))).toHaveLength(2);
    }
  });
  it('are nothing where there are no figures', () => {
    expect(tableFigure(request(results), 'kube_proxy.csv', { x: 'n', y: 'missing', mark: 'line' })).toBeUndefined();
  });
});

describe('pictures', () => {
  const hostile = '<script>alert(1)</script> & "quotes"';
  const points = [
    { n: 1, mode: hostile },
    { n: 10, mode: 'b' },
    { n: 10, mode: hostile },
  ];
  const all = request(
    result(
      points.map(({ n, mode }) => ({ n, mode: mode.replaceAll('"', '') })),
      {
        'quantiles.csv': (point) => [
          ...quantiles(FIRST_PACKET, '', [0, 1e-6, 1e-5, 1e-4, 0.01, 1 + point, 100]),
          ...quantiles(STAGE, 'node_pool=p,stage=cni', [0, 0, 0, 1 + point, 2, 3, 4]),
        ],
        'timeseries.csv': (point) => [0, 1, 2].map((i) => `0,${i},kubelapse_pods_ready,${i + point}`),
        'faults.csv': () => ['0,0,PodKill,1,,0,3', '0,1,RuntimeStall,1,2,2,0'],
        'network_programming.csv': () => ['0,window,0,1,2'],
        'load_balancing.csv': () => ['0,a,1', '0,b,2'],
        'pod_start_breakdown.csv': (point) => [`0,0,1,cni,${point + 1}`],
        'thresholds.csv': () => [`${FIRST_PACKET},p(99) < 5s,seconds,5`],
      },
      HEADERS,
    ),
  );
  const figures = usualFigures(all);
  it('there is one of each kind', () => {
    expect(figures.map(({ id }) => id)).toEqual([
      'latency-first-packet',
      'pod-start-stages',
      'pod-start-breakdown',
      'pods-over-time',
      'programming-over-time',
      'faults',
      'load-balancing',
      'distribution-first-packet',
    ]);
  });
  it.each(figures.map((figure) => [figure.id, figure] as const))(
    '%s: drawn without warnings, twice the same bytes, text as text',
    async (_, figure) => {
      for (const theme of ['light', 'dark'] as const) {
        const warnings: string[] = [];
        const spec = vegaLiteOf(figure, theme);
        const svg = await svgOf(spec, (text) => warnings.push(text));
        expect(warnings).toEqual([]);
        expect(await svgOf(JSON.parse(JSON.stringify(vegaLiteOf(figure, theme))))).toBe(svg);
        expect(svg).toContain('<text');
        expect(svg).not.toContain('<script');
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        // Every series is drawn: paths or bars, and its name stands in the picture.
        for (const name of new Set(figure.series.map((series) => series.name).filter((name) => name !== ''))) {
          expect(svg).toContain(name.slice(0, 8).replaceAll('<', '&lt;'));
        }
      }
    },
  );
  it('names that every object has are names', async () => {
    const names = ['constructor', 'toString', '__proto__'];
    const rows = (point: number): string[] => [0, 1].map((i) => `0,${i},kubelapse_pods_ready,${i + point}`);
    const figure = make(
      'pods',
      request(
        result(
          names.map((pool) => ({ pool })),
          { 'timeseries.csv': rows },
          HEADERS,
        ),
      ),
    );
    const svg = await svgOf(vegaLiteOf(figure));
    for (const name of names) expect(svg).toContain(name);
  });
  it('bars on a logarithmic axis begin at its end', async () => {
    const bars = tableFigure({ ...all, log: { x: false, y: true } }, 'load_balancing.csv', {
      x: 'pod',
      y: 'relative_ratio',
      mark: 'bar',
    })!;
    const svg = await svgOf(vegaLiteOf(bars));
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect([...svg.matchAll(/aria-roledescription="bar"[^>]* d="M[\d.,-]+h([\d.]+)v([\d.]+)/g)].length).toBeGreaterThan(
      0,
    );
  });
  it('a specification reads no file', async () => {
    const warnings: string[] = [];
    await svgOf({ data: { url: 'package.json' }, mark: 'point' }, (text) => warnings.push(text));
    expect(warnings.join()).toContain('nothing is fetched');
  });
  it('titles are the finding, axes have units, colours come with dashes or shapes', () => {
    const spec = JSON.stringify(vegaLiteOf(figures[0]!));
    expect(spec).toContain('median at n=10');
    expect(spec).toContain('"strokeDash"');
    expect(spec).toContain('"shape"');
    expect(JSON.stringify(vegaLiteOf(figures.find(({ id }) => id === 'pods-over-time')!))).toContain(
      'simulated time, ms',
    );
  });
  it('a PNG is twice the same bytes, with fonts that were handed in', async () => {
    const parts = {
      wasm: readFileSync('node_modules/@resvg/resvg-wasm/index_bg.wasm'),
      fonts: ['DejaVuSans', 'DejaVuSans-Bold'].map((name) =>
        readFileSync(`node_modules/dejavu-fonts-ttf/ttf/${name}.ttf`),
      ),
    };
    const svg = await svgOf(vegaLiteOf(figures[0]!));
    const [png, again, blank] = [
      await pngOf(svg, parts),
      await pngOf(svg, parts),
      await pngOf(svg, { ...parts, fonts: [] }),
    ];
    expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(Buffer.compare(png, again)).toBe(0);
    // Without fonts there is no text: what is there was drawn with them.
    expect(blank.length).toBeLessThan(png.length);
  });
});
