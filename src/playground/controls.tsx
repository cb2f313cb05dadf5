// What a reader turns and presses: sides, sliders, files, the bar of a run; and what is wrong. Part of the playground.

import { useCallback, useMemo, useState } from 'preact/hooks';
import { grouped, plural } from '../report/texts/words.js';
import type { Diagnostic } from '../scenario/diagnostics.js';
import type { PlaygroundState } from './address.js';
import { Editor } from './editor.js';
import type { Checked, Files, ScenarioFiles } from './messages.js';
import type { Simulator } from './simulator.js';
import type { Slider } from './sliders.js';
import type { Runs } from './state.js';

export type Side = 'a' | 'b';

interface SideTabsProps {
  readonly state: PlaygroundState;
  readonly side: Side;
  readonly onSide: (side: Side) => void;
  readonly onState: (state: PlaygroundState) => void;
}

export function SideTabs({ state, side, onSide, onState }: SideTabsProps) {
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

export function SliderControl({
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

interface FileEditorProps {
  readonly helper: Simulator;
  readonly files: ScenarioFiles;
  readonly diagnostics: readonly Diagnostic[];
  readonly onChange: (files: Files) => void;
}

export function FileEditor({ helper, files: { scenario, files }, diagnostics, onChange }: FileEditorProps) {
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

export function CopyLink() {
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

export function Problems({ diagnostics }: { diagnostics: readonly Diagnostic[] }) {
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

export function RunBar({ runs, onStart, isReady, checked }: RunBarProps) {
  const size =
    checked === undefined
      ? ''
      : `${plural(checked.nodes, 'node')}, ${plural(checked.pods, 'pod')}, ${plural(checked.services, 'service')}, ${checked.points > 1 ? `${checked.points} runs of ` : ''}${Math.round(checked.duration / 6) / 10} min`;
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
