// Vega-Lite specifications as SVG, without a browser. Part of the report. The libraries are loaded when the first chart is
// asked for. Text is measured by an estimate and not by fonts, so that every machine draws the same.

import { wellFormed } from '../../text/index.js';

/** @param onWarning hears what the libraries think is wrong with the specification. */
export async function svgOf(
  spec: Readonly<Record<string, unknown>>,
  onWarning: (text: string) => void = () => {},
): Promise<string> {
  const { compile, View, parse, expressionInterpreter, logger, Warn, resetSVGDefIds } = await libraries();
  const listener = logger(Warn, 'warn', (_method: unknown, _level: unknown, input: readonly unknown[]) => {
    onWarning(input.join(' '));
  });
  // Expressions are interpreted: a content security policy forbids code made of text.
  const program = parse(compile(spec as never, { logger: listener as never }).spec, undefined, { ast: true });
  const view = new View(program, {
    renderer: 'none',
    logger: listener,
    expr: expressionInterpreter,
    loader: NO_LOADER as never,
  });
  // Names of clippings are counted through all pictures of the process.
  resetSVGDefIds();
  try {
    return `${wellFormed(await view.toSVG())}\n`;
  } finally {
    view.finalize();
  }
}

async function libraries() {
  const [{ compile }, vega, { expressionInterpreter }] = await Promise.all([
    import('vega-lite'),
    import('vega'),
    import('vega-interpreter'),
  ]);
  const { resetSVGDefIds, textMetrics } = vega as unknown as Untyped;
  // A browser, or a canvas library that happens to be there, would measure with the fonts that it has.
  textMetrics.canvas(false);
  const { View, parse, logger, Warn } = vega;
  return { compile, View, parse, expressionInterpreter, logger, Warn, resetSVGDefIds };
}

/** What is said of a specification that asks for data from elsewhere. */
export const NOT_FETCHED = 'data must be inline in the specification: nothing is fetched';

/** Reads no file and no address: a specification may come from anybody. */
const refuse = (): Promise<never> => Promise.reject(new Error(NOT_FETCHED));
const NO_LOADER = { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} };

/** What vega exports and its types leave out. */
interface Untyped {
  readonly resetSVGDefIds: () => void;
  readonly textMetrics: { readonly canvas: (use: boolean) => void };
}
