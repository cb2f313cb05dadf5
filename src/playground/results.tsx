// What a run came to: answers, key figures, charts, and files to take along. Part of the playground.

import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDuration } from '../format/units.js';
import { Choice } from '../page/choice.js';
import { dataTable } from '../page/data-table.js';
import { drawInSight, figureView } from '../page/figure-view.js';
import type { Figure } from '../report/charts/figure.js';
import { downloadCsv, downloadPng, downloadSvg } from './downloads.js';
import type { Drawings, NamedResult } from './messages.js';

/** What summary.json says, as far as it is shown. */
interface Summary {
  readonly question: string;
  readonly answers: readonly string[];
  readonly counts: string;
  readonly thresholds: readonly { readonly metric: string; readonly expression: string; readonly ok: boolean }[];
  readonly points: readonly {
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly figures: Readonly<Record<string, { readonly unit: string; readonly mean: number }>>;
  }[];
}

const summaryOf = ({ texts }: NamedResult): Summary => JSON.parse(texts['summary.json']!) as Summary;

interface ResultsProps extends Drawings {
  readonly results: readonly NamedResult[];
}

export function Results({ results, figures, tables }: ResultsProps) {
  return (
    <section aria-label="results">
      {results.map((result) => (
        <Answers key={result.name} result={result} isNamed={results.length > 1} />
      ))}
      <KeyFigures results={results} />
      <p class="actions">
        {results.map((result) => (
          <button key={result.name} type="button" onClick={() => downloadCsv(result)}>
            CSV{results.length > 1 ? ` of ${result.name}` : ''}
          </button>
        ))}
      </p>
      <Charts figures={figures} />
      <Tables tables={tables} />
    </section>
  );
}

function Answers({ result, isNamed }: { result: NamedResult; isNamed: boolean }) {
  const { answers, counts, thresholds } = summaryOf(result);
  return (
    <div>
      {isNamed && <h3>{result.name}</h3>}
      <ul class="answers">
        {answers.map((line) => (
          <li key={line}>{line.trim()}</li>
        ))}
      </ul>
      {thresholds.map(({ metric, expression, ok }, i) => (
        <p key={i} class={ok ? 'ok' : 'bad'}>
          {ok ? '✓' : '✗'} {metric}: {expression}
        </p>
      ))}
      <p class="counts">{counts}</p>
    </div>
  );
}

function KeyFigures({ results }: { results: readonly NamedResult[] }) {
  const rows = results.flatMap((result) => summaryOf(result).points.map((point) => ({ name: result.name, point })));
  const figures = [...new Set(rows.flatMap(({ point }) => Object.keys(point.figures)))].filter((name) =>
    rows.some(({ point }) => (point.figures[name]?.mean ?? 0) !== 0),
  );
  const parameters = [...new Set(rows.flatMap(({ point }) => Object.keys(point.parameters)))];
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {results.length > 1 && <th scope="col">configuration</th>}
            {[...parameters, ...figures.map((name) => name.toLowerCase())].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, point }, i) => (
            <tr key={i}>
              {results.length > 1 && <td>{name}</td>}
              {parameters.map((parameter) => (
                <td key={parameter}>{String(point.parameters[parameter] ?? '')}</td>
              ))}
              {figures.map((figure) => (
                <td key={figure} class="number">
                  {written(point.figures[figure])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function written(figure: { readonly unit: string; readonly mean: number } | undefined): string {
  if (figure === undefined) return '';
  const { unit, mean } = figure;
  return unit === 'seconds' ? formatDuration(Math.round(mean * 1e9)) : String(Number(mean.toPrecision(4)));
}

/** The figures of the report, drawn as they come into sight. */
function Charts({ figures }: { figures: readonly Figure[] }) {
  const place = useRef<HTMLDivElement>(null);
  const [choice] = useState(() => new Choice());
  useEffect(() => {
    const views = figures.map((figure) => figureView(figure, choice));
    for (const [i, { element }] of views.entries()) element.append(downloads(figures[i]!));
    place.current!.replaceChildren(...views.map(({ element }) => element));
    const stop = drawInSight(views);
    return () => {
      stop();
      for (const view of views) view.end();
    };
  }, [figures]);
  return <div id="charts" ref={place} />;
}

/** The tables of the report, closed until somebody opens one. */
function Tables({ tables }: Pick<Drawings, 'tables'>) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => place.current!.replaceChildren(...tables.map(dataTable)), [tables]);
  return <div id="tables" ref={place} />;
}

function downloads(figure: Figure): HTMLElement {
  const line = document.createElement('p');
  line.className = 'actions';
  for (const [name, download] of [
    ['SVG', downloadSvg],
    ['PNG', downloadPng],
  ] as const) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', `${name} of ${figure.title}`);
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        await download(figure);
      } finally {
        button.disabled = false;
      }
    });
    line.append(button);
  }
  return line;
}
