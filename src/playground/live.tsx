// Charts while a run goes on: what the simulator has seen so far, of one configuration or two. Part of the playground.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Choice } from '../page/choice.js';
import { lineChart } from '../page/line-chart.js';
import type { Figure } from '../report/charts/figure.js';
import type { LiveSeries } from './messages.js';

const TITLES: Readonly<Record<string, string>> = {
  kubelapse_pods_ready: 'pods ready',
  kubelapse_container_restarts_total: 'container restarts so far',
  kubelapse_requests_failed_total: 'failed requests so far',
};

interface LiveProps {
  readonly runs: readonly { readonly name: string; readonly live: LiveSeries }[];
}

export function LiveCharts({ runs }: LiveProps) {
  const used = Object.keys(TITLES).filter(
    (metric) =>
      metric === 'kubelapse_pods_ready' || runs.some(({ live }) => live.values[metric]?.some((value) => value > 0)),
  );
  return (
    <div class="live">
      {used.map((metric) => (
        <LiveChart key={metric} figure={liveFigure(metric, runs)} />
      ))}
    </div>
  );
}

function LiveChart({ figure }: { figure: Figure }) {
  const place = useRef<HTMLDivElement>(null);
  const [choice] = useState(() => new Choice());
  useEffect(() => {
    place.current!.replaceChildren();
    return lineChart(place.current!, figure, '', choice, 180);
  }, [figure]);
  return (
    <div>
      <h4>{figure.title}</h4>
      <div ref={place} />
    </div>
  );
}

const liveFigure = (metric: string, runs: LiveProps['runs']): Figure => ({
  id: `live-${metric}`,
  title: TITLES[metric]!,
  subtitle: [],
  mark: 'step',
  x: { title: 'simulated time', quantity: 'seconds', fromZero: true },
  y: { title: TITLES[metric]!, quantity: 'number', fromZero: true },
  colourTitle: runs.length > 1 ? 'configuration' : '',
  panelTitle: '',
  series: runs.map(({ name, live }) => ({
    name: runs.length > 1 ? name : '',
    panel: '',
    data: live.times.map((x, i) => ({ x, y: live.values[metric]?.[i] ?? 0 })),
  })),
  marks: [],
  limits: [],
});
