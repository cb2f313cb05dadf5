// Setting single fields of a document: `--set path=value` and the points of a sweep. Part of the scenario.

import type { Path } from '../../format/path.js';
import { fileError } from '../diagnostics.js';
import { yamlValue } from '../yaml/yaml-source.js';

export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** `--set spec.kubeProxy.mode=ipvs`, for messages. */
  readonly source: string;
}

/** `spec.nodePools[0].count` as steps; undefined if it is no path. */
export function parsePath(text: string): Path | undefined {
  if (!/^[A-Za-z][\w-]*(\.[\w-]+|\[\d+\])*$/.test(text)) return undefined;
  return [...text.matchAll(/([\w-]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? name! : Number(index),
  );
}

/** Reads one `path=value`; the value is YAML, so `3`, `true`, `"1.30"` and `[a, b]` are what they look like. */
export function parseOverride(text: string): Override {
  const source = `--set ${text}`;
  const at = text.indexOf('=');
  const path = at > 0 ? parsePath(text.slice(0, at)) : undefined;
  if (path === undefined) throw fileError(source, 'must be path=value, such as spec.kubeProxy.mode=ipvs');
  const read = yamlValue(text.slice(at + 1));
  if (read === undefined) {
    throw fileError(source, `the value ${JSON.stringify(text.slice(at + 1))} is not YAML`, 'put it in quotes');
  }
  return { path, value: read.value, source };
}

/** A copy of the document with the fields set; objects on the way are created, list items must exist. */
export function applyOverrides(value: unknown, overrides: readonly Override[]): unknown {
  const copy = structuredClone(value);
  // Not a mapping: nothing can be set in it, and reading it will say what is expected.
  if (typeof copy !== 'object' || copy === null || Array.isArray(copy)) return copy;
  for (const { path, value: wanted, source } of overrides) {
    let parent = copy as Record<string | number, unknown>;
    path.forEach((step, i) => {
      if (Array.isArray(parent) && (typeof step !== 'number' || step >= parent.length)) {
        throw fileError(
          source,
          `${JSON.stringify(step)} is not an item of the list, which has ${parent.length}`,
          'items are [0], [1], …',
        );
      }
      if (i === path.length - 1) {
        define(parent, step, wanted);
        return;
      }
      const child = Object.hasOwn(parent, step) ? parent[step] : undefined;
      const next = typeof child === 'object' && child !== null ? child : {};
      if (next !== child) define(parent, step, next);
      parent = next as Record<string | number, unknown>;
    });
  }
  return copy;
}

/** Sets a field of any name: an assignment to `__proto__` would set something else. */
function define(parent: Record<string | number, unknown>, step: string | number, value: unknown): void {
  if (step === '__proto__')
    Object.defineProperty(parent, step, { value, enumerable: true, configurable: true, writable: true });
  else parent[step] = value;
}
