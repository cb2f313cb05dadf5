// Parts that are not kubelapse's own, as the owner of the page has allowed them: a list of modules beside the page, on its own
// origin. Neither a scenario nor a link can add to it. Part of the playground.

import type { Catalogue, ExtensionModule } from '../catalogue.js';
import { BUILT_IN } from '../catalogue.js';

/** An entry of extensions.json. */
interface Listed {
  /** Where the module is, seen from the list. */
  readonly url: string;
  /** How scenarios name it. */
  readonly path: string;
  /** SHA-256 of its text. */
  readonly digest: string;
}

/** The parts that a page has: kubelapse's own, and those of its list. Throws an Error if the list or a module is wrong. */
export async function catalogueOfPage(list: URL): Promise<Catalogue> {
  const answer = await fetch(list);
  const listed = answer.ok ? ((await answer.json()) as readonly Listed[]) : [];
  if (listed.length === 0) return BUILT_IN;
  const modules = await Promise.all(listed.map((one) => moduleOf(one, list)));
  const { catalogueWith, ExtensionError } = await import('../extension/index.js');
  try {
    return await catalogueWith(modules);
  } catch (error) {
    if (error instanceof ExtensionError) throw new Error(`${error.path}: ${error.message}`);
    throw error;
  }
}

async function moduleOf({ url, path, digest }: Listed, list: URL): Promise<ExtensionModule> {
  const at = new URL(url, list);
  if (at.origin !== list.origin) throw new Error(`${path}: ${at.origin} is another origin than that of this page`);
  const answer = await fetch(at);
  if (!answer.ok) throw new Error(`${path}: ${at.pathname} cannot be loaded (${answer.status})`);
  return { file: path, path, text: await answer.text(), digest };
}
