// report.html: everything about some results in one file that needs no network. Part of the report.
// What can be read without a script is in the page itself; charts and tables are made by its script from the data in it.
// A content security policy lets nothing else run, and names from manifests are text everywhere.

import { SECOND } from '../results/index.js';
import { formatDuration } from '../scenario/index.js';
import { markup, markupLines, visibleJson } from '../text/index.js';
import type { Figure } from './charts/index.js';
import { KEY_FIGURES } from './texts/key-figures.js';
import { figure, grouped } from './texts/words.js';

/** What summary.json says of a result. */
export interface ReportedSummary {
  readonly question: string;
  readonly answers: readonly string[];
  readonly counts: string;
  readonly thresholds: readonly {
    readonly metric: string;
    readonly expression: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly unit: string;
    readonly observed: number | null;
    readonly ci95Low?: number;
    readonly ci95High?: number;
    readonly ok: boolean;
  }[];
  readonly points: readonly {
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly replications: number;
    readonly figures: Readonly<
      Record<
        string,
        { readonly unit: string; readonly mean: number; readonly ci95Low?: number; readonly ci95High?: number }
      >
    >;
  }[];
}

export interface ReportedResult {
  /** Name among the results of the report. */
  readonly name: string;
  readonly scenario: string;
  readonly seed: string;
  /** Version of kubelapse that made it. */
  readonly version: string;
  /** The command that makes it again. */
  readonly command: string;
  readonly summary: ReportedSummary;
  /** The scenario first, then its manifests. */
  readonly inputs: readonly { readonly path: string; readonly sha256: string; readonly text: string }[];
}

export interface ReportedTable {
  readonly file: string;
  readonly meaning: string;
  readonly columns: readonly { readonly name: string; readonly unit: string; readonly meaning: string }[];
  readonly rows: readonly (readonly string[])[];
  readonly total: number;
}

export interface HtmlReport {
  readonly results: readonly ReportedResult[];
  readonly figures: readonly Figure[];
  readonly tables: readonly ReportedTable[];
}

/** What runs in the page, and how it looks: bundled text. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/** Characters of one input that are shown. */
const INPUT_MAX = 60_000;

/** The whole page; the same input gives the same bytes. */
export async function reportHtml(report: HtmlReport, parts: PageParts): Promise<string> {
  const { style } = parts;
  // A text in the script that would end its element.
  const script = parts.script.replaceAll('</script', '<\\/script');
  const { results, figures, tables } = report;
  const [first] = results as readonly [ReportedResult, ...ReportedResult[]];
  const title = results.map(({ name }) => name).join(' and ');
  const data = json({ figures: figures.map(compact), tables });
  const policy = [
    "default-src 'none'",
    `script-src '${await digest(script)}'`,
    `style-src '${await digest(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const question = results.length === 1 && first.summary.question !== '' ? first.summary.question : title;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="kubelapse ${markup(first.version)}">
<title>${markup(title)} · kubelapse</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#answer">Skip to the answer</a>
<header>
<p class="brand">kubelapse · ${markup(title)}</p>
<h1>${markup(question)}</h1>
<nav aria-label="sections">${sections(results)
    .map(([id, name]) => `<a href="#${id}">${name}</a>`)
    .join('')}</nav>
</header>
<main>
<section id="answer"><h2>Answer</h2>${results.map((result) => answerOf(result, results.length > 1)).join('')}</section>
${thresholdsOf(results)}<section id="figures"><h2>Key figures</h2>${keyFigures(results)}</section>
<section id="pictures"><h2>Charts</h2><noscript><p>The charts need JavaScript, which is included in this page.</p></noscript><div id="charts"></div></section>
<section id="data"><h2>Tables</h2><noscript><p>The tables need JavaScript; the CSV files hold the same.</p></noscript><div id="tables"></div></section>
<section id="scenario"><h2>Scenario</h2>${results.map((result) => inputsOf(result, results.length > 1)).join('')}</section>
<section id="reproduce"><h2>Reproduce</h2>${results.map((result) => commandOf(result, results.length > 1)).join('')}</section>
</main>
<script type="application/json" id="report-data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

const sections = (results: readonly ReportedResult[]): readonly (readonly [string, string])[] => [
  ['answer', 'Answer'],
  ...(hasThresholds(results) ? [['thresholds', 'Thresholds'] as const] : []),
  ['figures', 'Key figures'],
  ['pictures', 'Charts'],
  ['data', 'Tables'],
  ['scenario', 'Scenario'],
  ['reproduce', 'Reproduce'],
];

const hasThresholds = (results: readonly ReportedResult[]): boolean =>
  results.some(({ summary }) => summary.thresholds.length > 0);

function answerOf({ name, summary }: ReportedResult, isNamed: boolean): string {
  const { question, answers, counts } = summary;
  const head = isNamed ? `<h3>${markup(name)}</h3><p class="note">${markup(question)}</p>` : '';
  const lines = answers.map((line) => `<li>${markup(line.trim())}</li>`).join('');
  return `${head}<ul class="answers">${lines}</ul><p class="counts">${markup(counts)}</p>`;
}

function thresholdsOf(results: readonly ReportedResult[]): string {
  if (!hasThresholds(results)) return '';
  const rows = results.flatMap(({ name, summary }) =>
    summary.thresholds.map((threshold) => {
      const { metric, expression, parameters, unit, observed, ci95Low, ci95High, ok } = threshold;
      const verdict = ok ? '<span class="ok">✓ holds</span>' : '<span class="bad">✗ fails</span>';
      const seen = observed === null ? 'no samples' : `${written(observed, unit)}${interval(ci95Low, ci95High, unit)}`;
      return row([...place(name, parameters, results), metric, expression, seen].map(markup), verdict);
    }),
  );
  const header = [...placeHeader(results), 'metric', 'must hold', 'observed', 'verdict'];
  return `<section id="thresholds"><h2>Thresholds</h2>${table(header, rows)}</section>\n`;
}

function keyFigures(results: readonly ReportedResult[]): string {
  const all = results.flatMap(({ name, summary }) => summary.points.map((point) => ({ name, point })));
  const names = KEY_FIGURES.filter(({ name }) => all.some(({ point }) => (point.figures[name]?.mean ?? 0) !== 0));
  const rows = all.map(({ name, point }) =>
    row([
      ...place(name, point.parameters, results).map(markup),
      ...names.map((key) => {
        const known = point.figures[key.name];
        if (known === undefined) return '';
        const scale = known.unit === 'seconds' ? SECOND : 1;
        const half =
          known.ci95High === undefined ? '' : ` <span class="note">±${figure(relativeHalf(known) * 100)} %</span>`;
        return `${markup(key.text(known.mean * scale))}${half}`;
      }),
    ]),
  );
  const note = all.some(({ point }) => point.replications > 1)
    ? '<p class="note">Means of the replications, with half their 95 % confidence intervals.</p>'
    : '<p class="note">One run: no confidence intervals. Use --replications 10 to get them.</p>';
  return `${table([...placeHeader(results), ...names.map(({ name }) => name.toLowerCase())], rows)}${note}`;
}

const relativeHalf = ({ mean, ci95High }: { mean: number; ci95High?: number }): number =>
  mean === 0 ? 0 : Math.abs((ci95High! - mean) / mean);

/** Names of the parameters of all results. */
const parameterNames = (results: readonly ReportedResult[]): string[] => [
  ...new Set(results.flatMap(({ summary }) => summary.points.flatMap(({ parameters }) => Object.keys(parameters)))),
];

const placeHeader = (results: readonly ReportedResult[]): string[] => [
  ...(results.length > 1 ? ['result'] : []),
  ...parameterNames(results),
];

const place = (
  name: string,
  parameters: Readonly<Record<string, unknown>>,
  results: readonly ReportedResult[],
): string[] => [
  ...(results.length > 1 ? [name] : []),
  ...parameterNames(results).map((parameter) => String(parameters[parameter] ?? '')),
];

/** A figure of a threshold in its unit. */
function written(value: number, unit: string): string {
  if (unit === 'seconds') return formatDuration(Math.round(value * SECOND));
  if (unit === 'ratio') return `${figure(value * 100)} %`;
  return Number.isInteger(value) ? grouped(value) : figure(value);
}

const interval = (low: number | undefined, high: number | undefined, unit: string): string =>
  low === undefined || high === undefined ? '' : ` [${written(low, unit)}, ${written(high, unit)}]`;

const table = (header: readonly string[], rows: readonly string[]): string =>
  `<div class="scroll" tabindex="0"><table><thead><tr>${header.map((name) => `<th scope="col">${markup(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;

/** Cells that are markup already. */
const row = (cells: readonly string[], ...more: readonly string[]): string =>
  `<tr>${[...cells, ...more].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;

function inputsOf({ name, inputs }: ReportedResult, isNamed: boolean): string {
  const files = inputs.map(({ path, text }, i) => {
    const cut = text.length > INPUT_MAX ? `${text.slice(0, INPUT_MAX)}\n… (${text.length} characters in all)` : text;
    const lines = grouped(text.split('\n').length - 1);
    return `<details${i === 0 && !isNamed ? ' open' : ''}><summary><code>${markup(path)}</code> ${lines} lines</summary><pre tabindex="0"><code>${markupLines(cut)}</code></pre></details>`;
  });
  return `${isNamed ? `<h3>${markup(name)}</h3>` : ''}${files.join('')}`;
}

function commandOf({ name, version, command, inputs }: ReportedResult, isNamed: boolean): string {
  const digests = inputs.map(({ path, sha256 }) => `${sha256}  ${path}`).join('\n');
  return `${isNamed ? `<h3>${markup(name)}</h3>` : ''}<p>With kubelapse ${markup(version)} and these files, this gives the same bytes:</p><pre tabindex="0"><code>${markup(command)}</code></pre><details><summary>SHA-256 of the files</summary><pre tabindex="0"><code>${markupLines(digests)}</code></pre></details>`;
}

/** JSON that cannot end the element it is in. */
const json = (value: unknown): string => visibleJson(value).replaceAll('<', '\\u003c');

/** Figures with as many digits as can be seen; gaps as null. */
const compact = ({ series, ...rest }: Figure) => ({
  ...rest,
  series: series.map(({ data, ...one }) => ({
    ...one,
    data: data.map((datum) =>
      Object.fromEntries(
        Object.entries(datum).map(([key, value]) => [
          key,
          typeof value === 'number' ? (Number.isNaN(value) ? null : Number(value.toPrecision(6))) : value,
        ]),
      ),
    ),
  })),
});

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}
