// Which images lie on which node, their layers and their space. Part of the kubelet.
// What all nodes have from the start is kept once; a node has rows of its own only for what it pulled or threw away.

import type { ImageSpec, NodeId, NodeTable } from '../../cluster/index.js';
import { imageParameters } from '../../cri/index.js';
import type { NodeSupply } from '../../node/index.js';

interface StoredImage {
  lastUsed: number;
  /** Containers on the node that were made from it and whose pods are still there. */
  users: number;
}

interface NodeImages {
  readonly images: Map<string, StoredImage>;
  readonly thrownAway: Set<string>;
}

export class ImageStore {
  readonly #nodes: NodeTable;
  readonly #specs: Readonly<Record<string, ImageSpec>>;
  readonly #everywhere: ReadonlySet<string>;
  readonly #own = new Map<number, NodeImages>();
  /** Compressed size of each layer, by its number. */
  readonly #layerBytes: number[] = [];
  readonly #layers = new Map<string, readonly number[]>();
  /** Images with a common base, by that: only these share layers. */
  readonly #families = new Map<string, string[]>();
  readonly #disk: NodeSupply;
  /** Space of what all nodes have from the start. */
  readonly #presentBytes: number;
  readonly #onChanged: (node: NodeId, image: string, isThere: boolean) => void;

  /**
   * @param disk of the nodes; what lies there from the start is no part of it: {@link spaceOn}.
   * @param onChanged an image has come to lie on a node, or was thrown away.
   */
  constructor(
    specs: Readonly<Record<string, ImageSpec>>,
    nodes: NodeTable,
    disk: NodeSupply,
    onChanged: (node: NodeId, image: string, isThere: boolean) => void = () => {},
  ) {
    this.#onChanged = onChanged;
    this.#specs = specs;
    this.#nodes = nodes;
    this.#disk = disk;
    this.#everywhere = new Set(Object.keys(specs).filter((name) => specs[name]!.present));
    for (const name of Object.keys(specs)) {
      const family = this.#families.get(this.#rootOf(name));
      if (family === undefined) this.#families.set(this.#rootOf(name), [name]);
      else family.push(name);
    }
    const layers = new Set([...this.#everywhere].flatMap((name) => this.layersOf(name)));
    this.#presentBytes = this.#unpackedBytes([...layers]);
  }

  /** Space for what comes to lie on a node's disk in the run; Infinity: without end. */
  spaceOn(node: NodeId): number {
    const { diskBytes, diskUsedBytes } = this.#nodes.poolOf(node);
    return diskBytes - diskUsedBytes - this.#presentBytes;
  }

  has(node: NodeId, image: string): boolean {
    const own = this.#own.get(node);
    if (own?.images.has(image)) return true;
    return this.#everywhere.has(image) && !own?.thrownAway.has(image);
  }

  add(node: NodeId, image: string, now: number): void {
    if (!this.has(node, image)) {
      this.#disk.change(node, this.#unpackedBytes(this.missingLayers(node, image)), 0);
      this.#onChanged(node, image, true);
    }
    const own = this.#ownOf(node);
    own.thrownAway.delete(image);
    const stored = own.images.get(image);
    if (stored === undefined) own.images.set(image, { lastUsed: now, users: 0 });
    else stored.lastUsed = now;
  }

  /** One container more was made from the image (`by` 1), one anew (0), or one is gone with its pod (-1). */
  use(node: NodeId, image: string, by: 1 | 0 | -1, now: number): void {
    if (!this.has(node, image)) return;
    const { images } = this.#ownOf(node);
    const stored = images.get(image) ?? { lastUsed: now, users: 0 };
    images.set(image, stored);
    stored.users += by;
    stored.lastUsed = now;
  }

  /** Layers of the image that do not lie on the node. */
  missingLayers(node: NodeId, image: string): readonly number[] {
    if (this.has(node, image)) return [];
    const family = this.#families.get(this.#rootOf(image));
    if (family === undefined || family.length === 1) return this.layersOf(image);
    const present = new Set(family.flatMap((name) => (this.has(node, name) ? this.layersOf(name) : [])));
    return this.layersOf(image).filter((layer) => !present.has(layer));
  }

  /** The image's layers: those of its base, and the rest in equal parts. */
  layersOf(image: string): readonly number[] {
    const known = this.#layers.get(image);
    if (known !== undefined) return known;
    const spec = this.#specs[image];
    const base = spec?.base === undefined ? [] : this.layersOf(spec.base);
    const bytes = (spec?.compressedBytes ?? imageParameters.compressedBytes.value) - this.bytesOf(base);
    const count = Math.max(1, (spec?.layers ?? imageParameters.layers.value) - base.length);
    const own = Array.from({ length: count }, () => this.#layerBytes.push(Math.max(0, bytes) / count) - 1);
    const layers = [...base, ...own];
    this.#layers.set(image, layers);
    return layers;
  }

  /** Compressed bytes of these layers. */
  bytesOf(layers: readonly number[]): number {
    return layers.reduce((sum, layer) => sum + this.#layerBytes[layer]!, 0);
  }

  /** Space that layers take. */
  #unpackedBytes(layers: readonly number[]): number {
    return this.bytesOf(layers) * imageParameters.compression.value;
  }

  /** The image at the end of its bases. */
  #rootOf(image: string): string {
    const base = this.#specs[image]?.base;
    return base === undefined ? image : this.#rootOf(base);
  }

  /** What is to be left of a node's disk when this share of it is used. */
  leftAt(node: NodeId, share: number): number {
    return this.#nodes.poolOf(node).diskBytes * (1 - share);
  }

  /** Whether more than this share of the node's disk is used. */
  isAbove(node: NodeId, share: number): boolean {
    const { diskBytes } = this.#nodes.poolOf(node);
    return diskBytes !== Infinity && this.#disk.available(node) < this.leftAt(node, share);
  }

  /**
   * Deletes images that no container uses and that were not used since `usedBefore`, the longest unused first, until
   * no more than this share of the disk is used. Returns how many.
   */
  collect(node: NodeId, share: number, usedBefore: number): number {
    const own = this.#ownOf(node);
    const unused = [...own.images].filter(([, { users, lastUsed }]) => users === 0 && lastUsed < usedBefore);
    const idle = [...this.#everywhere].filter((name) => !own.images.has(name) && !own.thrownAway.has(name));
    const order = [...idle, ...unused.sort((a, b) => a[1].lastUsed - b[1].lastUsed).map(([name]) => name)];
    let thrown = 0;
    for (const name of order) {
      if (!this.isAbove(node, share)) break;
      own.images.delete(name);
      if (this.#everywhere.has(name)) own.thrownAway.add(name);
      this.#disk.change(node, -this.#unpackedBytes(this.missingLayers(node, name)), 0);
      this.#onChanged(node, name, false);
      thrown++;
    }
    return thrown;
  }

  #ownOf(node: NodeId): NodeImages {
    const known = this.#own.get(node);
    if (known !== undefined) return known;
    const own: NodeImages = { images: new Map(), thrownAway: new Set() };
    this.#own.set(node, own);
    return own;
  }
}
