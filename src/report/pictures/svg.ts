// Vega-Lite specifications as SVG, without a browser. Part of the report. The libraries are loaded when the first chart is
// asked for. Text is measured by an estimate and not by fonts, so that every machine draws the same.

import { wellFormed } from '../../text/index.js';

/** The libraries that draw are not there. */
export class NoChartsError extends Error {}

/**
 * Throws a {@link NoChartsError} where vega and vega-lite are not installed.
 * @param onWarning hears what the libraries think is wrong with the specification.
 */
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
  try {
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
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new NoChartsError(
      'charts need vega, vega-lite and vega-interpreter, which are not installed: npm install vega@6.4.0 vega-lite@6.4.3 vega-interpreter@2.2.1',
    );
  }
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
