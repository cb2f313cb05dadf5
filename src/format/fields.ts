// Fields of the YAML formats: what each may be, what it means, what holds where it is left out, and where that comes from.
// Everything that people read of a field is made from here: messages, `explain`, the reference, what editors show.

import { z } from 'zod';
import { parseDuration, parseIntOrPercent, parseQuantity } from './units.js';

/** What `explain` shows of a field beside its type. */
export interface FieldNotes {
  readonly description: string;
  readonly unit?: string;
  /** In words or as written in YAML. */
  readonly default?: string;
  /** Where the default comes from. */
  readonly source?: string;
  readonly planned?: boolean;
}

export function field<T extends z.ZodType>(
  schema: T,
  description: string,
  notes: Omit<FieldNotes, 'description'> = {},
): T {
  return schema.meta({ description, notes: { description, ...notes } }) as T;
}

export const optional = <T extends z.ZodType>(
  schema: T,
  description: string,
  notes: Omit<FieldNotes, 'description'> = {},
) => field(schema.optional(), description, notes);

export const planned = <T extends z.ZodType>(schema: T, description: string) =>
  optional(schema, description, { planned: true });

export const K = (path: string): string => `Kubernetes: ${path}`;
export const OURS = 'no published figure';

export const duration = z
  .string({ error: 'must be a duration such as 500ms, 10s, 1m30s or 2h' })
  .refine((text) => parseDuration(text) !== undefined, {
    error: (issue) =>
      `"${String(issue.input)}" is not a duration from 0 to 2500h; write it as Kubernetes does: 500ms, 10s, 1m30s, 2h`,
  });
export const someTime = duration.refine((text) => parseDuration(text) !== 0, {
  error: (issue) => `must be longer than 0, not ${String(issue.input)}`,
});
export const quantity = z
  .union([z.string(), z.number()], { error: 'must be a quantity such as 500m, 2 or 64Gi' })
  .refine((value) => parseQuantity(value) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is not a quantity; write it as Kubernetes does: 500m, 2, 1e3, 64Gi`,
  });
/** A quantity of which there must be some. */
export const someQuantity = quantity.refine(
  (value) => parseQuantity(value) === undefined || parseQuantity(value)! > 0,
  {
    error: (issue) => `must be more than 0, not ${String(issue.input)}`,
  },
);
export const countOrPercentage = z
  .union([z.string(), z.number()], { error: 'must be a count or a percentage such as 3 or 25%' })
  .refine((value) => parseIntOrPercent(value) !== undefined, {
    error: (issue) => `"${String(issue.input)}" is neither a count nor a percentage; write 3 or 25%`,
  });
/** A share of something that is there: not none of it, and no more than all. */
export const part = countOrPercentage.refine(
  (value) => {
    const parsed = parseIntOrPercent(value);
    if (parsed === undefined) return true;
    return 'count' in parsed ? parsed.count > 0 : parsed.percent > 0 && parsed.percent <= 100;
  },
  {
    error: (issue) =>
      `must be a count of at least 1, or a percentage above 0% and up to 100%, not ${String(issue.input)}`,
  },
);
export const positive = z.number().positive();
export const PERCENTAGE = /^(100|\d{1,2})(\.\d+)?%$/;
export const NOT_A_PERCENTAGE = 'must be a percentage from 0% to 100%';
export const name = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, {
    error: (issue) => `"${String(issue.input)}" is not a name: use lower-case letters, digits and "-", at most 63`,
  });

/**
 * A field that need not be given. @param value what holds without it, as it would be written. @param notes with `default` only
 * where words say more than the value.
 */
export const otherwise = <T extends z.ZodType>(
  schema: T,
  value: z.input<T>,
  description: string,
  notes: Omit<FieldNotes, 'description'> = {},
) =>
  field(schema.default(value as never), description, {
    default: typeof value === 'string' && value !== '' ? value : JSON.stringify(value),
    ...notes,
  });

/** A group of fields none of which need be given. */
export const section = <T extends z.ZodObject>(
  schema: T,
  description: string,
  notes: Omit<FieldNotes, 'description'> = {},
) => field(schema.prefault({} as never), description, notes);

/** Sections that parts bring, each under the name of its part. @param fieldsOf those of one. */
export const sectionsOfParts = <S extends { readonly meaning: string }>(
  parts: readonly { readonly name: string; readonly section?: S }[],
  fieldsOf: (own: S) => z.ZodRawShape,
): Record<never, never> =>
  Object.fromEntries(
    parts.flatMap(({ name, section: own }) =>
      own === undefined ? [] : [[name, section(z.strictObject(fieldsOf(own)), own.meaning)]],
    ),
  );

/** A percentage, 0 % to 100 %. */
export const percentage = z.string().regex(PERCENTAGE, { error: NOT_A_PERCENTAGE });
