// The simulator, away from the page: reads scenarios, runs them piece by piece, makes figures. Part of the playground.
// It is the code that the command runs, so its tables are the same bytes.

import { z } from 'zod';
import { type Catalogue, PROXY_MODE_DEFAULT } from '../catalogue.js';
import { type Job, jobsOf, performJob } from '../experiment/jobs.js';
import type { RunRecord } from '../report/records/record.js';
import type { Run } from '../run/index.js';
import { InputError, type LoadedScenario, loadTexts, scenarioSchemaOf } from '../scenario/index.js';
import { messageOf } from '../text/index.js';
import { catalogueOfPage } from './extensions.js';
import type { LiveSeries, Reply, Request, ScenarioFiles } from './messages.js';
import { suggestionsAt } from './suggestions.js';

// A content security policy forbids code made of text, which zod would try.
z.config({ jitless: true });

/** Longest piece of work between two looks at the messages, and between two pictures, ms. */
const PIECE = 40;
const PICTURE = 200;

const say = (reply: Reply): void => self.postMessage(reply);

/** The parts that scenarios may name; the list lies beside the page, this script in a folder of it. */
const parts: Promise<Catalogue> = catalogueOfPage(new URL('../extensions.json', self.location.href));

let isPaused = false;
/** The newest run, and the newest that is not wanted any more: a new one may begin before an old one has ended. */
let newest = 0;
let cancelled = 0;
/** When messages were last let through. */
let heard = 0;
let goOn: (() => void) | undefined;

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  switch (data.kind) {
    case 'check':
      void answered(data.id, (catalogue) => ({ kind: 'checked', id: data.id, ...checked(data, catalogue) }));
      break;
    case 'suggest':
      void answered(data.id, (catalogue) => {
        const suggestions = suggestionsAt(data.path, scenarioSchemaOf(catalogue));
        return { kind: 'suggestions', id: data.id, suggestions };
      });
      break;
    case 'choices':
      void answered(data.id, ({ proxyModes: { names: proxyModes } }) => ({
        kind: 'choices',
        id: data.id,
        proxyModes,
        proxyModeDefault: PROXY_MODE_DEFAULT,
      }));
      break;
    case 'figures':
      void draw(data);
      break;
    case 'run':
      void run(data.id, data);
      break;
    case 'pause':
      isPaused = true;
      break;
    case 'cancel':
      cancelled = newest;
      isPaused = false;
      goOn?.();
      break;
    case 'resume':
      isPaused = false;
      goOn?.();
      break;
  }
});

/** Answers once the parts are there; what is wrong with them is the answer otherwise. */
async function answered(id: number, answer: (catalogue: Catalogue) => Reply): Promise<void> {
  try {
    say(answer(await parts));
  } catch (error) {
    say({ kind: 'failed', id, message: messageOf(error), diagnostics: [] });
  }
}

/** The scenario first, as whoever reads a stored scenario expects it. */
const loaded = ({ scenario, files }: ScenarioFiles, catalogue: Catalogue): LoadedScenario => {
  const others = Object.entries(files).filter(([path]) => path !== scenario);
  const inputs = [[scenario, files[scenario] ?? ''] as const, ...others].map(([path, text]) => ({ path, text }));
  return loadTexts(inputs, { catalogue });
};

function checked(
  files: ScenarioFiles,
  catalogue: Catalogue,
): Pick<Extract<Reply, { kind: 'checked' }>, 'diagnostics' | 'checked'> {
  try {
    const scenario = loaded(files, catalogue);
    const { nodePools, workloads, services, duration } = scenario.points[0]!.spec;
    return {
      diagnostics: scenario.warnings,
      checked: {
        points: scenario.points.length * scenario.replications,
        nodes: nodePools.reduce((sum, { count }) => sum + count, 0),
        pods: workloads.reduce((sum, { replicas }) => sum + replicas, 0),
        services: services.length,
        duration: duration / 1e9,
      },
    };
  } catch (error) {
    if (error instanceof InputError) return { diagnostics: error.diagnostics };
    throw error;
  }
}

/** What is needed once a run has ended. */
const outcome = () => import('./outcome.js');

async function draw({ id, results }: Extract<Request, { kind: 'figures' }>): Promise<void> {
  const { drawingsOf } = await outcome();
  say({ kind: 'drawn', id, ...drawingsOf(results, await parts) });
}

async function run(id: number, files: ScenarioFiles): Promise<void> {
  newest = id;
  isPaused = false;
  try {
    const scenario = loaded(files, await parts);
    const jobs = jobsOf(scenario.points, scenario.replications);
    const records: RunRecord[] = [];
    for (const [done, job] of jobs.entries()) {
      const record = await carriedOut(id, scenario, job, (share, live) =>
        say({ kind: 'progress', id, share: (done + share) / jobs.length, label: labelOf(scenario, job), live }),
      );
      if (record === undefined) {
        say({ kind: 'cancelled', id });
        return;
      }
      records.push(record);
    }
    const events = records.reduce((sum, { counts }) => sum + counts.eventsExecuted, 0);
    const { resultTexts } = await outcome();
    say({ kind: 'finished', id, events, ...resultTexts(scenario, records) });
  } catch (error) {
    const diagnostics = error instanceof InputError ? error.diagnostics : [];
    say({ kind: 'failed', id, message: messageOf(error), diagnostics });
  }
}

const labelOf = ({ points }: LoadedScenario, { point, replication }: Job): string =>
  [
    ...points[point]!.parameters.map(({ name, value }) => `${name}=${value}`),
    ...(replication > 0 ? [`replication ${replication}`] : []),
  ].join(' ');

/** One run, with pauses in which messages are heard; undefined if it was cancelled. */
async function carriedOut(
  id: number,
  scenario: LoadedScenario,
  job: Job,
  show: (share: number, live: LiveSeries) => void,
): Promise<RunRecord | undefined> {
  let seen: Run | undefined;
  const steps = performJob(scenario, job, { raw: false }, (run) => {
    seen = run;
  });
  let shown = Number.NEGATIVE_INFINITY;
  let step = steps.next();
  for (; !step.done; step = steps.next()) {
    const now = performance.now();
    if (now - heard < PIECE) continue;
    if (now - shown > PICTURE && seen !== undefined) {
      show(step.value, liveOf(seen));
      shown = now;
    }
    await messages();
    if (isPaused) await new Promise<void>((resolve) => (goOn = resolve));
    if (id <= cancelled) return undefined;
    heard = performance.now();
  }
  if (seen !== undefined) show(1, liveOf(seen));
  return step.value;
}

/** Lets messages through. */
const messages = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });

const LIVE = ['kubelapse_pods_ready', 'kubelapse_container_restarts_total', 'kubelapse_requests_failed_total'];

function liveOf(run: Run): LiveSeries {
  const { timeSeries } = run.cluster.context.recorder;
  const of = (metric: string) => timeSeries.filter((point) => point.metric === metric);
  return {
    times: of(LIVE[0]!).map(({ time }) => time / 1e9),
    values: Object.fromEntries(LIVE.map((metric) => [metric, of(metric).map(({ value }) => value)])),
  };
}
