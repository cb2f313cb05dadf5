// What the page and its worker say to each other. Part of the playground.

import type { Figure } from '../report/charts/figure.js';
import type { ReportedTable } from '../report/html.js';
import type { Diagnostic } from '../scenario/diagnostics.js';

/** Texts of files by path; that of the scenario is given beside it. */
export type Files = Readonly<Record<string, string>>;

export interface ScenarioFiles {
  /** Path of the scenario. */
  readonly scenario: string;
  readonly files: Files;
}

/** Texts of a result's files by name, and what it is called. */
export interface NamedResult {
  readonly name: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** Quantities over simulated time, as far as a run has come. */
export interface LiveSeries {
  /** s. */
  readonly times: readonly number[];
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** A field or a value that may stand where the cursor is. */
export interface Suggestion {
  readonly label: string;
  readonly detail: string;
  readonly info: string;
  readonly kind: 'field' | 'value';
}

/** What a slider may be set to that the catalogue knows. */
export interface Choices {
  readonly proxyModes: readonly string[];
  /** Where a scenario names none. */
  readonly proxyModeDefault: string;
}

export type Request =
  | ({ readonly kind: 'check'; readonly id: number } & ScenarioFiles)
  | { readonly kind: 'suggest'; readonly id: number; readonly path: string }
  | { readonly kind: 'choices'; readonly id: number }
  | ({ readonly kind: 'run'; readonly id: number } & ScenarioFiles)
  | { readonly kind: 'figures'; readonly id: number; readonly results: readonly NamedResult[] }
  | { readonly kind: 'pause' | 'resume' | 'cancel' };

/** A scenario without errors, in figures. */
export interface Checked {
  readonly points: number;
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  /** Simulated time, s. */
  readonly duration: number;
}

/** What is shown of results. */
export interface Drawings {
  readonly figures: readonly Figure[];
  readonly tables: readonly ReportedTable[];
}

export interface Finished {
  readonly texts: Readonly<Record<string, string>>;
  readonly leftOut: readonly { readonly name: string; readonly rows: number }[];
  /** Events of all runs. */
  readonly events: number;
}

export type Reply =
  | {
      readonly kind: 'checked';
      readonly id: number;
      readonly diagnostics: readonly Diagnostic[];
      readonly checked?: Checked | undefined;
    }
  | ({ readonly kind: 'choices'; readonly id: number } & Choices)
  | { readonly kind: 'suggestions'; readonly id: number; readonly suggestions: readonly Suggestion[] }
  | {
      readonly kind: 'progress';
      readonly id: number;
      /** 0 … 1 of all runs. */
      readonly share: number;
      /** Which of them goes on. */
      readonly label: string;
      readonly live: LiveSeries;
    }
  | ({ readonly kind: 'finished'; readonly id: number } & Finished)
  | { readonly kind: 'cancelled'; readonly id: number }
  | {
      readonly kind: 'failed';
      readonly id: number;
      readonly message: string;
      readonly diagnostics: readonly Diagnostic[];
    }
  | ({ readonly kind: 'drawn'; readonly id: number } & Drawings);
