// JSON Schemas of the formats, for editors. Part of the scenario; made from the same definition as everything else.

import { z } from 'zod';
import type { Catalogue } from '../catalogue.js';
import type { FieldNotes } from '../format/fields.js';
import { profileSchema } from './resolve/profiles.js';
import { scenarioSchemaOf } from './schema/index.js';

/** @param catalogue the parts that may be named, and that bring fields of their own. */
export const scenarioJsonSchema = (catalogue: Catalogue): Record<string, unknown> =>
  jsonSchemaOf('Scenario', scenarioSchemaOf(catalogue));
export const profileJsonSchema = (): Record<string, unknown> => jsonSchemaOf('Profile', profileSchema);

/** Draft 7, which YAML language servers understand. */
export function jsonSchemaOf(kind: string, format: z.ZodType): Record<string, unknown> {
  const schema = z.toJSONSchema(format, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      const schema = jsonSchema as Record<string, unknown>;
      const notes = schema.notes as FieldNotes | undefined;
      delete schema.notes;
      if (notes?.planned) schema.description = `${notes.description} (not supported yet)`;
      else if (notes?.default !== undefined) schema.description = `${notes.description}. Default: ${notes.default}`;
      // What its fields say already.
      if (typeof schema.default === 'object') delete schema.default;
      // The bounds of a safe integer say nothing to a reader.
      if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
      if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
    },
  }) as Record<string, unknown>;
  return { title: `kubelapse ${kind}`, ...schema };
}
