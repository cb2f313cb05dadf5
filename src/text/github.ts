// Workflow commands of GitHub Actions. Part of the texts.

import { visible } from './visible.js';

const data = (text: string): string => visible(text).replaceAll('%', '%25');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** An annotation, with its line feed. */
export const annotation = (title: string, message: string): string =>
  `::error title=${property(title)}::${data(message)}\n`;
