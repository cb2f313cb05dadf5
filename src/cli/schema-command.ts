// `kubelapse schema`: the JSON Schema of the format.

import { scenarioJsonSchema } from '../scenario/index.js';
import { ExitCode } from './exit-code.js';

export function schemaCommand(): number {
  process.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
  return ExitCode.Ok;
}
