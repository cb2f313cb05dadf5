// What of a catalogue is not kubelapse's own. Part of the extensions.

import { BUILT_IN, type Catalogue } from '../catalogue.js';
import type { MetricDefinitions } from '../metrics/index.js';
import type { AnyTable } from '../results/index.js';

/** Tables that are not kubelapse's own. */
export const foreignTables = ({ tables }: Pick<Catalogue, 'tables'>): AnyTable[] =>
  tables.all.filter(({ file }) => !BUILT_IN.tables.has(file));

/** Metrics that are not kubelapse's own, without what listens. */
export const foreignMetrics = ({ metrics }: Pick<Catalogue, 'metrics'>): MetricDefinitions =>
  Object.fromEntries(
    metrics.all
      .filter(({ name }) => !BUILT_IN.metrics.has(name))
      .map(({ name, listen: _, ...definition }) => [name, definition]),
  );
