// Objects of a cluster as far as an import looks at them. Part of the scenario.

import type { Fields } from '../yaml/object-fields.js';

export type Json = Fields;
export type Texts = Readonly<Record<string, string>>;

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly labels?: Texts;
    readonly annotations?: Texts;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly controller?: boolean;
    }[];
  };
  readonly spec?: Json;
  readonly status?: Json;
  readonly data?: Json;
}

/** The controller that an object is of; undefined if it has none. */
export const controllerOf = ({ metadata }: KubeObject): { readonly kind: string; readonly name: string } | undefined =>
  metadata?.ownerReferences?.find(({ controller }) => controller !== false);

/** `Deployment/shop/web`. */
export const keyOf = (kind: string, namespace: string, name: string): string => `${kind}/${namespace}/${name}`;
