// Feature gates as fields of a scenario, from the table of versions. Part of the scenario's schema.

import { z } from 'zod';
import { featureGatesOf, type GatedFact, type GateOwner } from '../../cluster/index.js';
import { optional } from '../../format/index.js';

const usual = ({ values }: GatedFact): string => {
  const [[, first], ...later] = values;
  return later.length === 0 ? `${first}` : later.map(([from, isOn]) => `${isOn} from 1.${from} on`).join(', ');
};

/** The gates of a component that the model knows. */
export const featureGates = (owner: GateOwner) =>
  optional(
    z.strictObject(
      Object.fromEntries(
        featureGatesOf(owner).map((fact) => [
          fact.gate,
          optional(z.boolean(), fact.meaning, { default: usual(fact), source: fact.source }),
        ]),
      ) as Record<string, z.ZodOptional<z.ZodBoolean>>,
    ),
    'feature gates that the model knows',
  );
