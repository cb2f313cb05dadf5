// Which images lie on which node, their layers and their space. Part of the kubelet.
// What all nodes have from the start is kept once; a node has rows of its own only for what it pulled or threw away.

import type { Compression, ImageSpec, LayerSpec, NodeId, NodeTable, RegistrySpec } from '../../cluster/index.js';
import { fullImageName } from '../../cluster/index.js';
import { imageParameters } from '../../cri/index.js';
import type { NodeSupply } from '../../node/index.js';

interface StoredImage {
  lastUsed: number;
  /** Secrets that it was pulled with, by name; an empty one: without any, so that it is for everybody. */
  readonly secrets: Set<string>;
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
  /** What each layer holds, by its number. */
  readonly #specOf: LayerSpec[] = [];
  readonly #layers = new Map<string, readonly number[]>();
  /** Images with a common base, by that: only these share layers. */
  readonly #families = new Map<string, string[]>();
  readonly #disk: NodeSupply;
  /** Space of what all nodes have from the start. */
  readonly #presentBytes: number;
  readonly #registryNames: readonly string[];
  readonly #registries = new Map<string, number>();
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
    registries: readonly Pick<RegistrySpec, 'name'>[] = [],
  ) {
    this.#registryNames = registries.map(({ name }) => name);
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

  /** @param secrets names of those that it was pulled with; empty: none. */
  add(node: NodeId, image: string, now: number, secrets = ''): void {
    if (!this.has(node, image)) {
      this.#disk.change(node, this.#unpackedBytes(this.missingLayers(node, image)), 0);
      this.#onChanged(node, image, true);
    }
    const own = this.#ownOf(node);
    own.thrownAway.delete(image);
    const stored = own.images.get(image);
    if (stored === undefined) own.images.set(image, { lastUsed: now, users: 0, secrets: new Set([secrets]) });
    else {
      stored.lastUsed = now;
      stored.secrets.add(secrets);
    }
  }

  /** Whether a pod that has these secrets may use an image that lies there: what is preloaded, or public, all may. */
  isFor(node: NodeId, image: string, secrets: string): boolean {
    if (this.#everywhere.has(image)) return true;
    const stored = this.#own.get(node)?.images.get(image);
    return stored === undefined || stored.secrets.has('') || stored.secrets.has(secrets);
  }

  /** Index of the registry of an image: that whose name it begins with, else the first. */
  registryOf(image: string): number {
    let at = this.#registries.get(image);
    if (at === undefined) {
      const full = fullImageName(image);
      at = Math.max(
        0,
        this.#registryNames.findIndex((name) => full.startsWith(`${name}/`)),
      );
      this.#registries.set(image, at);
    }
    return at;
  }

  /** One container more was made from the image (`by` 1), one anew (0), or one is gone with its pod (-1). */
  use(node: NodeId, image: string, by: 1 | 0 | -1, now: number): void {
    if (!this.has(node, image)) return;
    const { images } = this.#ownOf(node);
    const stored = images.get(image) ?? { lastUsed: now, users: 0, secrets: new Set(['']) };
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

  /** The image's layers: those of its base, and its own, one by one or in equal parts. */
  layersOf(image: string): readonly number[] {
    const known = this.#layers.get(image);
    if (known !== undefined) return known;
    const spec = this.#specs[image];
    const base = spec?.base === undefined ? [] : this.layersOf(spec.base);
    const own = (spec?.ownLayers ?? this.#equalLayers(spec, base)).map((layer) => this.#specOf.push(layer) - 1);
    const layers = [...base, ...own];
    this.#layers.set(image, layers);
    return layers;
  }

  #equalLayers(spec: ImageSpec | undefined, base: readonly number[]): LayerSpec[] {
    const count = Math.max(1, (spec?.layers ?? imageParameters.layers.value) - base.length);
    const rest = (whole: number, part: keyof LayerSpec): number => {
      const held = base.reduce((sum, layer) => sum + this.#specOf[layer]![part], 0);
      return Math.max(0, whole - held) / count;
    };
    const compressed = spec?.compressedBytes ?? imageParameters.compressedBytes.value;
    const uncompressed = spec?.uncompressedBytes ?? compressed * imageParameters.compression.value;
    const files = spec?.files ?? uncompressed / imageParameters.bytesPerFile.value;
    const layer = {
      compressedBytes: rest(compressed, 'compressedBytes'),
      uncompressedBytes: rest(uncompressed, 'uncompressedBytes'),
      files: rest(files, 'files'),
    };
    return Array.from({ length: count }, () => layer);
  }

  /** What a layer holds. */
  layer(layer: number): LayerSpec {
    return this.#specOf[layer]!;
  }

  /** How an image is packed; that of images nobody speaks of too. */
  compressionOf(image: string): Compression {
    return this.#specs[image]?.compression ?? 'gzip';
  }

  /** Share of an image that its containers read when they start. */
  readAtStart(image: string): number {
    return this.#specs[image]?.readAtStart ?? imageParameters.readAtStart.value;
  }

  /** Compressed bytes of these layers. */
  bytesOf(layers: readonly number[]): number {
    return layers.reduce((sum, layer) => sum + this.#specOf[layer]!.compressedBytes, 0);
  }

  /** Space that layers take. */
  #unpackedBytes(layers: readonly number[]): number {
    return layers.reduce((sum, layer) => sum + this.#specOf[layer]!.uncompressedBytes, 0);
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
