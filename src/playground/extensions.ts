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
  const listed = answer.ok ? await listOf(answer) : [];
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

/** Entries of a list. Throws an Error if it is none; a host may answer with a page of its own where there is no such file. */
async function listOf(answer: Response): Promise<readonly Listed[]> {
  if (answer.headers.get('content-type')?.startsWith('text/html')) return [];
  const listed: unknown = await answer.json().catch(() => undefined);
  const isEntry = (one: Partial<Record<keyof Listed, unknown>> | null): boolean =>
    typeof one?.url === 'string' && typeof one.path === 'string' && typeof one.digest === 'string';
  if (!Array.isArray(listed) || !listed.every(isEntry)) {
    throw new Error('extensions.json: must be a list of {"url", "path", "digest"}');
  }
  return listed as Listed[];
}

async function moduleOf({ url, path, digest }: Listed, list: URL): Promise<ExtensionModule> {
  const at = new URL(url, list);
  if (at.origin !== list.origin) throw new Error(`${path}: ${at.origin} is another origin than that of this page`);
  const answer = await fetch(at);
  if (!answer.ok) throw new Error(`${path}: ${at.pathname} cannot be loaded (${answer.status})`);
  const text = await answer.text();
  // Browsers have digests on pages only that are served by https, or from this machine.
  if (globalThis.crypto?.subtle !== undefined && (await sha256Of(text)) !== digest) {
    throw new Error(`${path}: is not the module that extensions.json means: its SHA-256 is another`);
  }
  return { file: path, path, text, digest };
}

async function sha256Of(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
