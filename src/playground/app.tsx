// The page as a whole and what it remembers. Part of the playground.

import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Figure } from '../report/charts/figure.js';
import type { Diagnostic } from '../scenario/diagnostics.js';
import { addressOf, type PlaygroundState, stateOf } from './address.js';
import { downloadScenario } from './downloads.js';
import { Editor } from './editor.js';
import { LiveCharts } from './live.js';
import type { Checked, Files, NamedResult, ScenarioFiles } from './messages.js';
import { Results } from './results.js';
import { bundled, SCENARIO_NAMES } from './scenarios.js';
import { type Outcome, type Progress, Simulator } from './simulator.js';
import { SLIDERS, type Slider } from './sliders.js';

type Side = 'a' | 'b';

/** Pause between the last key and the check of a scenario, ms. */
const TYPING = 250;

export function App() {
  const [state, setState] = useState<PlaygroundState>(
    () => known(stateOf(location.hash)) ?? { scenario: SCENARIO_NAMES[0]!, a: {} },
  );
  const [side, setSide] = useState<Side>('a');
  const helper = useMemo(() => new Simulator(), []);
  const base = bundled(state.scenario)!;
  const filesOf = (of: Side): ScenarioFiles => ({
    scenario: base.scenario,
    files: { ...base.files, ...(state[of] ?? {}) },
  });
  const shown = state.b === undefined ? 'a' : side;
  const files = filesOf(shown);
  const check = useCheck(helper, files);
  const runs = useRuns(helper);

  useEffect(() => {
    history.replaceState(null, '', `#${addressOf(state)}`);
  }, [state]);
  useEffect(() => {
    const follow = (): void => {
      const next = known(stateOf(location.hash));
      if (next !== undefined) setState(next);
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  /** Keeps of changed files only those that are not as they were. */
  const change = (changed: Files): void => {
    const edits = Object.fromEntries(Object.entries(changed).filter(([path, text]) => base.files[path] !== text));
    setState({ ...state, [shown]: edits });
  };
  const sides: Side[] = state.b === undefined ? ['a'] : ['a', 'b'];
  const start = (): void =>
    void runs.start(
      sides.map((of) => ({ name: sides.length > 1 ? of.toUpperCase() : state.scenario, files: filesOf(of) })),
    );
  const errors = check.diagnostics.filter(({ severity }) => severity === 'error');

  return (
    <>
      <header>
        <p class="brand">kubelapse playground</p>
        <h1>What happens to start-up, restarts and service latency on this cluster?</h1>
      </header>
      <main class="playground">
        <section class="controls" aria-label="configuration">
          <label>
            scenario
            <select
              value={state.scenario}
              onChange={(event) => {
                setState({ scenario: event.currentTarget.value, a: {} });
                setSide('a');
                runs.clear();
              }}
            >
              {SCENARIO_NAMES.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <SideTabs state={state} side={shown} onSide={setSide} onState={setState} />
          {SLIDERS.map((slider) => (
            <SliderControl key={slider.id} slider={slider} files={files} onChange={change} />
          ))}
          <FileEditor
            key={`${state.scenario} ${shown}`}
            helper={helper}
            files={files}
            diagnostics={check.diagnostics}
            onChange={change}
          />
          <p class="actions">
            <button type="button" onClick={() => downloadScenario(files)}>
              Download scenario
            </button>
            <CopyLink />
          </p>
        </section>
        <section class="outcome" aria-label="run">
          <RunBar
            runs={runs}
            onStart={start}
            isReady={errors.length === 0 && check.isCurrent}
            checked={check.checked}
          />
          <Problems diagnostics={check.diagnostics} />
          {runs.live.length > 0 && runs.isRunning && <LiveCharts runs={runs.live} />}
          {runs.message !== '' && (
            <pre class="bad" role="alert">
              {runs.message}
            </pre>
          )}
          {runs.results.length > 0 && <Results results={runs.results} figures={runs.figures} />}
        </section>
      </main>
    </>
  );
}

/** The state, if it is of a scenario that there is. */
const known = (state: PlaygroundState | undefined): PlaygroundState | undefined =>
  state !== undefined && SCENARIO_NAMES.includes(state.scenario) ? state : undefined;

interface SideTabsProps {
  readonly state: PlaygroundState;
  readonly side: Side;
  readonly onSide: (side: Side) => void;
  readonly onState: (state: PlaygroundState) => void;
}

function SideTabs({ state, side, onSide, onState }: SideTabsProps) {
  const { scenario, a, b } = state;
  if (b === undefined) {
    return (
      <p class="actions">
        <button
          type="button"
          onClick={() => {
            onState({ ...state, b: a });
            onSide('b');
          }}
        >
          Compare with a second configuration
        </button>
      </p>
    );
  }
  return (
    <fieldset class="actions" aria-label="configurations">
      {(['a', 'b'] as const).map((of) => (
        <button key={of} type="button" aria-pressed={side === of} onClick={() => onSide(of)}>
          {of.toUpperCase()}
        </button>
      ))}
      <button type="button" onClick={() => onState({ scenario, a })}>
        Remove B
      </button>
    </fieldset>
  );
}

function SliderControl({
  slider,
  files,
  onChange,
}: {
  slider: Slider;
  files: ScenarioFiles;
  onChange: (files: Files) => void;
}) {
  const value = slider.read(files);
  if (value === undefined) return null;
  const { values } = slider;
  const known = values.includes(value) ? values : [...values, value].sort((a, b) => Number(a) - Number(b));
  return (
    <label class="slider">
      <span>
        {slider.title}: <output>{typeof value === 'number' ? grouped(value) : value}</output>
      </span>
      <input
        type="range"
        min={0}
        max={known.length - 1}
        value={known.indexOf(value)}
        aria-valuetext={String(value)}
        onInput={(event) => onChange(slider.write(files, known[Number(event.currentTarget.value)]!))}
      />
    </label>
  );
}

const count = (n: number, what: string): string => `${grouped(n)} ${what}${n === 1 ? '' : 's'}`;
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

interface FileEditorProps {
  readonly helper: Simulator;
  readonly files: ScenarioFiles;
  readonly diagnostics: readonly Diagnostic[];
  readonly onChange: (files: Files) => void;
}

function FileEditor({ helper, files: { scenario, files }, diagnostics, onChange }: FileEditorProps) {
  const [path, setPath] = useState(scenario);
  const own = useMemo(() => diagnostics.filter(({ file }) => file === path), [diagnostics, path]);
  const suggest = useCallback((at: string) => helper.suggest(at), [helper]);
  return (
    <div>
      <fieldset class="legend" aria-label="files">
        {Object.keys(files).map((name) => (
          <button key={name} type="button" aria-pressed={name === path} onClick={() => setPath(name)}>
            {name.replace(/^manifests\//, '')}
          </button>
        ))}
      </fieldset>
      <Editor
        path={path}
        text={files[path] ?? ''}
        diagnostics={own}
        suggest={path === scenario ? suggest : undefined}
        onChange={(text) => onChange({ ...files, [path]: text })}
      />
    </div>
  );
}

function CopyLink() {
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(location.href);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {isCopied ? 'Link copied' : 'Copy link'}
    </button>
  );
}

function Problems({ diagnostics }: { diagnostics: readonly Diagnostic[] }) {
  if (diagnostics.length === 0) return null;
  return (
    <ul class="problems" aria-label="problems">
      {diagnostics.slice(0, 20).map(({ severity, file, line, column, field, message, hint }, i) => (
        <li key={i} class={severity === 'error' ? 'bad' : 'note'}>
          {file}
          {line > 0 ? `:${line}:${column}` : ''}: {field === '' ? '' : `${field}: `}
          {message}
          {hint === undefined ? '' : ` (${hint})`}
        </li>
      ))}
    </ul>
  );
}

interface RunBarProps {
  readonly runs: Runs;
  readonly onStart: () => void;
  readonly isReady: boolean;
  readonly checked: Checked | undefined;
}

function RunBar({ runs, onStart, isReady, checked }: RunBarProps) {
  const size =
    checked === undefined
      ? ''
      : `${count(checked.nodes, 'node')}, ${count(checked.pods, 'pod')}, ${count(checked.services, 'service')}, ${checked.points > 1 ? `${checked.points} runs of ` : ''}${Math.round(checked.duration / 6) / 10} min`;
  return (
    <div class="run">
      {!runs.isRunning && (
        <button type="button" class="primary" disabled={!isReady} onClick={onStart}>
          Run
        </button>
      )}
      {runs.isRunning && (
        <>
          <button type="button" onClick={() => runs.pause(!runs.isPaused)}>
            {runs.isPaused ? 'Resume' : 'Pause'}
          </button>
          <button type="button" onClick={() => runs.cancel()}>
            Cancel
          </button>
          <progress value={runs.share} max={1} aria-label="progress" />
        </>
      )}
      <span class="note" role="status">
        {runs.isRunning
          ? `${Math.floor(runs.share * 100)} % ${runs.label}`
          : runs.told === ''
            ? size
            : `${size} · ${runs.told}`}
      </span>
    </div>
  );
}

/** What the simulator says of the files, a moment after they have changed. */
function useCheck(helper: Simulator, files: ScenarioFiles) {
  const key = JSON.stringify(files);
  const [answer, setAnswer] = useState<{
    key: string;
    diagnostics: readonly Diagnostic[];
    checked: Checked | undefined;
  }>({ key: '', diagnostics: [], checked: undefined });
  useEffect(() => {
    let isOld = false;
    const timer = setTimeout(
      async () => {
        const { diagnostics, checked } = await helper.check(files);
        if (!isOld) setAnswer({ key, diagnostics, checked });
      },
      answer.key === '' ? 0 : TYPING,
    );
    return () => {
      isOld = true;
      clearTimeout(timer);
    };
  }, [key]);
  return { ...answer, isCurrent: answer.key === key };
}

type Runs = ReturnType<typeof useRuns>;

interface NamedFiles {
  readonly name: string;
  readonly files: ScenarioFiles;
}

/** The runs of one or two configurations: how far they are, and what they came to. */
function useRuns(helper: Simulator) {
  const simulators = useRef<Simulator[]>([]);
  const number = useRef(0);
  const [progress, setProgress] = useState<readonly (Progress & { readonly name: string })[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [isPaused, setPaused] = useState(false);
  const [results, setResults] = useState<readonly NamedResult[]>([]);
  const [figures, setFigures] = useState<readonly Figure[]>([]);
  const [message, setMessage] = useState('');
  const [told, setTold] = useState('');

  const start = async (wanted: readonly NamedFiles[]): Promise<void> => {
    const mine = ++number.current;
    while (simulators.current.length < wanted.length) simulators.current.push(new Simulator());
    setMessage('');
    setTold('');
    setPaused(false);
    setRunning(true);
    setProgress([]);
    const seen: (Progress & { name: string })[] = [];
    const outcomes = await Promise.all(
      wanted.map(({ name, files }, i) =>
        simulators.current[i]!.run(files, (now) => {
          seen[i] = { ...now, name };
          if (mine === number.current) setProgress(seen.filter(Boolean));
        }),
      ),
    );
    if (mine !== number.current) return;
    const finished = outcomes.flatMap((outcome, i) =>
      outcome.kind === 'finished' ? [{ name: wanted[i]!.name, texts: outcome.texts }] : [],
    );
    if (finished.length === wanted.length) {
      setFigures(await helper.figures(finished));
      setResults(finished);
      setTold(toldOf(outcomes));
    } else {
      setMessage(outcomes.flatMap((outcome) => (outcome.kind === 'failed' ? [outcome.message] : [])).join('\n'));
      setTold(outcomes.some(({ kind }) => kind === 'cancelled') ? 'cancelled' : '');
    }
    setRunning(false);
  };
  const control = (kind: 'pause' | 'resume' | 'cancel'): void => {
    for (const simulator of simulators.current) simulator.control(kind);
  };
  return {
    isRunning,
    isPaused,
    results,
    figures,
    message,
    told,
    share: progress.length === 0 ? 0 : progress.reduce((sum, { share }) => sum + share, 0) / progress.length,
    label: progress.map(({ label }) => label).join(' · '),
    live: progress,
    start,
    pause: (pause: boolean): void => {
      setPaused(pause);
      control(pause ? 'pause' : 'resume');
    },
    cancel: (): void => control('cancel'),
    clear: (): void => {
      setResults([]);
      setFigures([]);
      setMessage('');
      setTold('');
    },
  };
}

function toldOf(outcomes: readonly Outcome[]): string {
  const finished = outcomes.filter((outcome) => outcome.kind === 'finished');
  const events = finished.reduce((sum, outcome) => sum + outcome.events, 0);
  const seconds = Math.max(...finished.map((outcome) => outcome.seconds));
  return `${grouped(events)} events in ${seconds.toFixed(1)} s`;
}
