// Text in HTML, XML and SVG. Part of the texts.

import { COMMAND_ANYWHERE } from './terminal.js';
import { visible, visibleLines } from './visible.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Markup is printed by CIs, too: what would be a command there reads the same and is none. */
const entities = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character]!).replace(COMMAND_ANYWHERE, '&#35;');

/** Text of an element or an attribute, on one line. */
export const markup = (text: string): string => entities(visible(text));

/** Text of an element that keeps lines and tabs, such as `<pre>`. */
export const markupLines = (text: string): string => entities(visibleLines(text, '\t'));

/** A whole document of markup, such as an SVG that a library has drawn: well-formed XML, whatever its texts are. */
export const wellFormed = (xml: string): string => visibleLines(xml, '\t').replace(COMMAND_ANYWHERE, '&#35;');
