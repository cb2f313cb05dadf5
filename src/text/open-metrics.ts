// Values of labels, and help, in OpenMetrics text. Part of the texts.

import { visible } from './visible.js';

/** What stands between quotes; a line feed is written as the format has it, which is what makes it visible too. */
export const metricsText = (text: string): string => visible(text.replaceAll('\\', '\\\\')).replaceAll('"', '\\"');
