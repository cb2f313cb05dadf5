// Objects of an import as YAML text. Part of the scenario. What is hidden in a text is written as an escape: somebody will look
// at the file in a terminal.

import { Document, visit } from 'yaml';
import { visible, withHidden } from '../../text/index.js';

const isHidden = (text: string): boolean => visible(text.replaceAll('\n', '')) !== text.replaceAll('\n', '');

/** The value as a YAML document. Reading it gives the same value. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  let hasHidden = false;
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string' || !isHidden(node.value)) return;
      hasHidden = true;
      node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
  return hasHidden ? text.split('\n').map(escaped).join('\n') : text;
}

/** Escapes of YAML for what is left between double quotes. */
const escaped = (line: string): string =>
  withHidden(line, (hidden) => {
    const code = hidden.codePointAt(0)!;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
