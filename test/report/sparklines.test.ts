// Small pictures of characters: how high a block is, what is told beside it, and when there is none.
import { describe, expect, it } from 'vitest';
import { pointsOfResults, sparkline, trendLines } from '../../src/report/index.js';

describe('a row of blocks', () => {
  it.each([
    [[0, 1, 2, 3, 4, 5, 6, 7], 8, '▁▂▃▄▅▆▇█'],
    [[0, 0, 0], 3, '▁▁▁'],
    // Little is more than nothing.
    [[0, 1, 1000], 3, '▁▂█'],
    // A spike is not lost where there is less room than values.
    [[0, 0, 9, 0, 0, 0], 2, '█▁'],
    [[1, 2], 10, '▅█'],
  ])('of %j in %i characters is %s', (values, width, row) => expect(sparkline(values, width)).toBe(row));
});

describe('the lines below a table', () => {
  const header = 'scenario,point,parameter_mode,replication,time_seconds,metric,value';
  const result = (rows: readonly string[], points = 2) => ({
    name: 'r',
    text: (file: string) => {
      if (file === 'timeseries.csv') return [header, ...rows].join('\n');
      const quantiles = [0, 0.5, 0.99, 1].map(
        (share, i) => `s,0,m0,kubelet_pod_start_sli_duration_seconds,node_pool=p,seconds,50,${share},${i + 1}`,
      );
      if (file === 'quantiles.csv')
        return ['scenario,point,parameter_mode,metric,labels,unit,samples,quantile_ratio,value', ...quantiles].join(
          '\n',
        );
      if (file === 'estimates.csv')
        return ['scenario,point,parameter_mode', ...Array.from({ length: points }, (_, i) => `s,${i},m${i}`)].join(
          '\n',
        );
      return undefined;
    },
  });
  const rows = (point: number, metric: string, values: readonly number[]): string[] =>
    values.map((value, i) => `s,${point},m${point},0,${i},${metric},${value}`);
  const lines = (all: readonly string[], room = 120, points = 2): string[] =>
    trendLines(pointsOfResults([result(all, points)]), room);

  it('tell levels as they go and counts as they come', () => {
    const [ready, restarts] = lines([
      ...rows(0, 'kubelapse_pods_ready', [0, 10, 5, 10]),
      ...rows(0, 'kubelapse_container_restarts_total', [0, 0, 3, 3]),
    ]);
    expect(ready).toBe('pods ready   ▁█▅█   0 to 10');
    expect(restarts).toBe('restarts     ▁▁█▁   3 in all');
  });
  it('of points that are the same tell one, others by name', () => {
    const same = lines([...rows(0, 'kubelapse_pods_ready', [0, 1]), ...rows(1, 'kubelapse_pods_ready', [0, 1])]);
    expect(same[0]).toMatch(/^pods ready {3}▁█/);
    const unlike = lines([...rows(0, 'kubelapse_pods_ready', [0, 1]), ...rows(1, 'kubelapse_pods_ready', [1, 0])]);
    expect(unlike.slice(0, 2).map((line) => line.split('   ')[0])).toEqual(['pods ready m0', 'pods ready m1']);
  });
  it('have a histogram of pod starts', () =>
    expect(lines([]).at(-1)).toMatch(/^pod start {3}[▁-█]+ {3}1s to 3s \(p99\)$/));
  it('leave out what does not change, sweeps of many points, and what does not fit', () => {
    expect(lines(rows(0, 'kubelapse_pods_ready', [5, 5])).some((line) => line.startsWith('pods'))).toBe(false);
    expect(lines(rows(0, 'kubelapse_pods_ready', [0, 1]), 120, 5)).toEqual([]);
    expect(lines(rows(0, 'kubelapse_pods_ready', [0, 1]), 20)).toEqual([]);
  });
});
