// The page as a whole and what it remembers. Part of the playground.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { addressOf, type PlaygroundState, stateOf } from './address.js';
import { CopyLink, FileEditor, Problems, RunBar, type Side, SideTabs, SliderControl } from './controls.js';
import { downloadScenario } from './downloads.js';
import { LiveCharts } from './live.js';
import type { Choices, Files, ScenarioFiles } from './messages.js';
import { Results } from './results.js';
import { bundled, SCENARIO_NAMES } from './scenarios.js';
import { Simulator } from './simulator.js';
import { slidersOf } from './sliders.js';
import { useCheck, useRuns } from './state.js';

/** Time after the last change until the address has it, ms. */
const ADDRESS = 300;

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
  const [choices, setChoices] = useState<Choices>();
  const sliders = useMemo(() => slidersOf(choices), [choices]);
  const [isUnreadable, setUnreadable] = useState(
    () => location.hash !== '' && known(stateOf(location.hash)) === undefined,
  );

  useEffect(() => void helper.choices().then(setChoices), []);
  // Not at every key and step of a slider: browsers count changes of the address.
  useEffect(() => {
    const timer = setTimeout(() => history.replaceState(null, '', `#${addressOf(state)}`), ADDRESS);
    return () => clearTimeout(timer);
  }, [state]);
  useEffect(() => {
    const follow = (): void => {
      const next = known(stateOf(location.hash));
      setUnreadable(next === undefined);
      if (next === undefined) return;
      setState(next);
      runs.clear();
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
  const wanted = sides.map((of) => ({
    name: sides.length > 1 ? of.toUpperCase() : state.scenario,
    files: filesOf(of),
  }));
  const start = (): void => void runs.start(wanted);
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
          {sliders.map((slider) => (
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
          {isUnreadable && (
            <p class="bad" role="alert">
              The link cannot be read: it may have been cut off.
            </p>
          )}
          <Problems diagnostics={check.diagnostics} />
          {runs.live.length > 0 && runs.isRunning && <LiveCharts runs={runs.live} />}
          {runs.message !== '' && (
            <pre class="bad" role="alert">
              {runs.message}
            </pre>
          )}
          {runs.results.length > 0 && !runs.isRunning && !runs.isOf(wanted) && (
            <p class="note">These results are from before the last change. Run again.</p>
          )}
          {runs.results.length > 0 && <Results results={runs.results} {...runs.drawings} />}
        </section>
      </main>
    </>
  );
}

/** The state, if it is of a scenario that there is. */
const known = (state: PlaygroundState | undefined): PlaygroundState | undefined =>
  state !== undefined && SCENARIO_NAMES.includes(state.scenario) ? state : undefined;
