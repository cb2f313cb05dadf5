// A Grafana dashboard over what `run --metrics` writes. Part of the report. Its expressions use the metrics' own names, so that
// it shows a real cluster as well, as far as that exports them.

import type { MetricName } from '../metrics/index.js';

interface Panel {
  readonly title: string;
  readonly unit: 's' | 'short' | 'cps' | 'percentunit';
  readonly targets: readonly { readonly expr: string; readonly legend: string }[];
}

const WINDOW = '5m';
const CLUSTER = 'cluster=~"$cluster"';

/** A quantile of a histogram over time, by some of its labels. */
const quantile = (metric: MetricName, share: number, by: readonly string[] = []) => ({
  expr: `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (rate(${metric}_bucket{${CLUSTER}}[${WINDOW}])))`,
  legend: [`p${share * 100}`, ...by.map((name) => `{{${name}}}`)].join(' '),
});

const rate = (metric: MetricName, by: readonly string[]) => ({
  expr: `sum by (${by.join(', ')}) (rate(${metric}{${CLUSTER}}[${WINDOW}]))`,
  legend: by.map((name) => `{{${name}}}`).join(' '),
});

/** Points of a sweep apart: their parameters are labels. */
const gauge = (name: string) => ({
  expr: `sum without (instance, job, metrics_path) (${name}{${CLUSTER}})`,
  legend: '__auto',
});

const latency = (title: string, metric: MetricName, by: readonly string[] = []): Panel => ({
  title,
  unit: 's',
  targets: by.length > 0 ? [quantile(metric, 0.99, by)] : [quantile(metric, 0.5), quantile(metric, 0.99)],
});

const ROWS: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'Pods',
    panels: [
      {
        title: 'Pods running and ready',
        unit: 'short',
        targets: [gauge('kubelapse_pods_running'), gauge('kubelapse_pods_ready')],
      },
      latency('Pod start, image pulls left out', 'kubelet_pod_start_sli_duration_seconds'),
      latency('Pod ready', 'kubelapse_pod_ready_duration_seconds'),
      {
        title: 'Container restarts',
        unit: 'cps',
        targets: [rate('kube_pod_container_status_restarts_total', ['reason'])],
      },
      { title: 'Probes', unit: 'cps', targets: [rate('prober_probe_total', ['probe_type', 'result'])] },
      latency('Image pulls', 'kubelet_image_pull_duration_seconds'),
    ],
  },
  {
    title: 'kubelet',
    panels: [
      latency('Pod worker, p99 by operation', 'kubelet_pod_worker_duration_seconds', ['operation_type']),
      latency('CRI calls, p99 by operation', 'kubelet_runtime_operations_duration_seconds', ['operation_type']),
      latency('Status update', 'kubelet_pod_status_sync_duration_seconds'),
    ],
  },
  {
    title: 'Services',
    panels: [
      latency('Network programming (SLI)', 'kubeproxy_network_programming_duration_seconds'),
      latency('kube-proxy sync', 'kubeproxy_sync_proxy_rules_duration_seconds'),
      {
        title: 'Nodes whose rules are behind',
        unit: 'short',
        targets: [gauge('kubelapse_nodes_with_stale_rules')],
      },
      { title: 'Requests by outcome', unit: 'cps', targets: [rate('kubelapse_requests_total', ['outcome'])] },
    ],
  },
];

const COLUMNS = 3;
const SIZE = { w: 24 / COLUMNS, h: 8 };

/** The dashboard as Grafana imports it. */
export function grafanaDashboard() {
  const panels: Record<string, unknown>[] = [];
  let y = 0;
  for (const { title, panels: own } of ROWS) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y += 1;
    own.forEach((panel, i) => {
      const gridPos = { x: (i % COLUMNS) * SIZE.w, y: y + Math.floor(i / COLUMNS) * SIZE.h, ...SIZE };
      panels.push(timeSeries(panels.length + 1, panel, gridPos));
    });
    y += Math.ceil(own.length / COLUMNS) * SIZE.h;
  }
  return {
    title: 'kubelapse',
    uid: 'kubelapse',
    tags: ['kubelapse', 'kubernetes'],
    schemaVersion: 39,
    editable: true,
    timezone: 'utc',
    // Simulated time begins at 2025-01-01 00:00 UTC.
    time: { from: '2025-01-01T00:00:00.000Z', to: '2025-01-01T01:00:00.000Z' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', current: {}, hide: 0, label: 'Data source' },
        {
          name: 'cluster',
          type: 'query',
          label: 'Scenario',
          datasource: DATASOURCE,
          query: { query: 'label_values(kubelapse_pods_ready, cluster)', refId: 'cluster' },
          includeAll: true,
          multi: true,
          refresh: 2,
          current: {},
        },
      ],
    },
    panels,
  };
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own variable
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };

const timeSeries = (id: number, { title, unit, targets }: Panel, gridPos: Readonly<Record<string, number>>) => ({
  id,
  type: 'timeseries',
  title,
  gridPos,
  datasource: DATASOURCE,
  fieldConfig: {
    defaults: { unit, min: 0, custom: { lineWidth: 2, fillOpacity: 5, showPoints: 'never' } },
    overrides: [],
  },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: targets.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource: DATASOURCE,
    expr,
    legendFormat: legend,
    range: true,
  })),
});
