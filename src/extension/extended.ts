// A catalogue with the parts of extensions. Part of the extensions.

import {
  BUILT_IN,
  type Catalogue,
  type ExtensionIdentity,
  type ExtensionModule,
  type LoadedExtension,
  partsMapped,
  withParts,
} from '../catalogue.js';
import { checkedPart, labelOf } from './contracts.js';
import { asExtension, type Extension, ExtensionError } from './extension.js';

/**
 * A catalogue with the parts of an extension. Throws an {@link ExtensionError} if it is none, or has a name that is taken.
 * @param from what else is known of it, if it comes from a file.
 */
export function withExtension(
  catalogue: Catalogue,
  extension: Extension,
  from: Partial<Pick<LoadedExtension, 'digest' | 'path' | 'module'>> = {},
): Catalogue {
  const { name, version, parts } = asExtension(extension);
  if (catalogue.extensions.some((other) => other.name === name)) {
    throw new ExtensionError(`two extensions are called ${name}`, 'leave one of them out');
  }
  try {
    const checked = partsMapped(parts, (kind, part) => checkedPart(kind, part, labelOf(kind, part, name)));
    return withParts(catalogue, checked, { name, version, digest: '', parts: checked, ...from });
  } catch (error) {
    if (error instanceof RangeError) throw new ExtensionError(`${name}: ${error.message}`);
    throw error;
  }
}

/** Kubelapse's own parts and those of some modules, in their order. Throws an {@link ExtensionError} that names its file. */
export async function catalogueWith(modules: readonly ExtensionModule[]): Promise<Catalogue> {
  if (modules.length === 0) return BUILT_IN;
  // What reads modules is loaded by those who have some.
  const { loadModule } = await import('./module.js');
  let catalogue = BUILT_IN;
  for (const module of modules) {
    try {
      catalogue = withExtension(catalogue, await loadModule(module), fromModule(module));
    } catch (error) {
      if (!(error instanceof ExtensionError)) throw error;
      throw new ExtensionError(error.message, error.hint, module.file);
    }
  }
  return catalogue;
}

const fromModule = (module: ExtensionModule): Partial<LoadedExtension> => ({
  digest: module.digest,
  module,
  ...(module.path === undefined ? {} : { path: module.path }),
});

/** The modules of a catalogue's extensions, to load them elsewhere. Throws an {@link ExtensionError} if one has none. */
export const modulesOf = ({ extensions }: Pick<Catalogue, 'extensions'>): ExtensionModule[] =>
  extensions.map(({ name, module }) => {
    if (module !== undefined) return module;
    throw new ExtensionError(`extension ${name} was handed over as a value, which no other thread can load`);
  });

/** The same modules, named as a source names those of the same bytes. */
export const namedAs = (modules: readonly ExtensionModule[], wanted: readonly ExtensionIdentity[]): ExtensionModule[] =>
  modules.map(({ path: _, ...module }) => {
    const path = wanted.find(({ digest }) => digest === module.digest)?.path;
    return path === undefined ? module : { ...module, path };
  });
