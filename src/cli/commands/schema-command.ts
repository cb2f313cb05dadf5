// `kubelapse schema`: the JSON Schemas of the formats.

import { jsonSchemaOf, profileJsonSchema, scenarioJsonSchema } from '../../scenario/index.js';
import { ExitCode } from '../exit-code.js';
import { commandCatalogue } from '../extensions.js';
import { printJson } from '../print.js';

export const SCHEMAS = ['scenario', 'profile', 'experiment'] as const;
export type SchemaName = (typeof SCHEMAS)[number];

export async function schemaCommand(of: SchemaName): Promise<number> {
  printJson(await schemaOf(of));
  return ExitCode.Ok;
}

async function schemaOf(name: SchemaName): Promise<Record<string, unknown>> {
  if (name === 'scenario') return scenarioJsonSchema(await commandCatalogue());
  if (name === 'profile') return profileJsonSchema();
  const { experimentSchema } = await import('../../experiment/reproduce/index.js');
  return jsonSchemaOf('Experiment', experimentSchema);
}
