// What the page knows while time goes by: whether the files are right, how far runs are and what they came to. Part of the
// playground.

import { useEffect, useRef, useState } from 'preact/hooks';
import { grouped } from '../report/texts/words.js';
import type { Diagnostic } from '../scenario/diagnostics.js';
import type { Checked, Drawings, NamedResult, ScenarioFiles } from './messages.js';
import { type Outcome, type Progress, Simulator } from './simulator.js';

/** Pause between the last key and the check of a scenario, ms. */
const TYPING = 250;

/** What the simulator says of the files, a moment after they have changed. */
export function useCheck(helper: Simulator, files: ScenarioFiles) {
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
        const reply = await helper.check(files);
        if (!isOld && reply !== undefined) setAnswer({ key, ...reply });
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

export type Runs = ReturnType<typeof useRuns>;

export interface NamedFiles {
  readonly name: string;
  readonly files: ScenarioFiles;
}

/** The runs of one or two configurations: how far they are, and what they came to. */
export function useRuns(helper: Simulator) {
  const simulators = useRef<Simulator[]>([]);
  const number = useRef(0);
  const [progress, setProgress] = useState<readonly (Progress & { readonly name: string })[]>([]);
  const [isRunning, setRunning] = useState(false);
  const [isPaused, setPaused] = useState(false);
  const [results, setResults] = useState<readonly NamedResult[]>([]);
  const [drawings, setDrawings] = useState<Drawings>({ figures: [], tables: [] });
  const [message, setMessage] = useState('');
  const [told, setTold] = useState('');
  const [ranWith, setRanWith] = useState('');

  const start = async (wanted: readonly NamedFiles[]): Promise<void> => {
    const mine = ++number.current;
    setRanWith(keyOf(wanted));
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
    // Another scenario was chosen meanwhile.
    if (mine !== number.current) return;
    const finished = outcomes.flatMap((outcome, i) =>
      outcome.kind === 'finished' ? [{ name: wanted[i]!.name, texts: outcome.texts }] : [],
    );
    if (finished.length === wanted.length) {
      const drawn = await helper.drawings(finished);
      if (mine !== number.current) return;
      setDrawings(drawn);
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
    drawings,
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
    /** Whether the results are those of these configurations, as they are now. */
    isOf: (wanted: readonly NamedFiles[]): boolean => keyOf(wanted) === ranWith,
    /** Forgets results, and what is under way. */
    clear: (): void => {
      number.current++;
      control('cancel');
      setRunning(false);
      setResults([]);
      setDrawings({ figures: [], tables: [] });
      setMessage('');
      setTold('');
    },
  };
}

const keyOf = (wanted: readonly NamedFiles[]): string => JSON.stringify(wanted);

function toldOf(outcomes: readonly Outcome[]): string {
  const finished = outcomes.filter((outcome) => outcome.kind === 'finished');
  const events = finished.reduce((sum, outcome) => sum + outcome.events, 0);
  const seconds = Math.max(...finished.map((outcome) => outcome.seconds));
  return `${grouped(events)} events in ${seconds.toFixed(1)} s`;
}
