// What keeps the layers of images on a node: the snapshotters. Part of the CRI.

export interface Snapshotter {
  readonly name: string;
  readonly meaning: string;
  /** Containers start before their image is there, and fetch what they read. */
  readonly isLazy: boolean;
  /** It can unpack several layers at a time whatever the version of the runtime. */
  readonly isParallel: boolean;
  /** Untarring and writing files, against overlayfs. */
  readonly writes: number;
  readonly source: string;
}

/** The first one is taken where none is named. */
export const SNAPSHOTTERS: readonly [Snapshotter, ...Snapshotter[]] = [
  {
    name: 'overlayfs',
    meaning: 'a directory for each layer',
    isLazy: false,
    isParallel: false,
    writes: 1,
    source: 'containerd: the default on Linux',
  },
  {
    name: 'erofs',
    meaning: 'a read-only file system for each layer, written as one file',
    isLazy: false,
    isParallel: false,
    writes: 0.4,
    source: 'containerd docs/snapshotters/erofs.md (2026): 20 % shorter pulls in the median of 28 images',
  },
  {
    name: 'soci-parallel',
    meaning:
      'SOCI in its parallel pull mode, as with FastImagePull on EKS: fetches ranges and unpacks layers side by side',
    isLazy: false,
    isParallel: true,
    writes: 1,
    source: 'awslabs/soci-snapshotter: docs/parallel-mode.md',
  },
  ...(['stargz', 'soci', 'nydus'] as const).map(
    (name): Snapshotter => ({
      name,
      meaning: 'fetches what is read when it is read, and the rest behind that',
      isLazy: true,
      isParallel: false,
      writes: 0,
      source:
        'containerd/stargz-snapshotter, awslabs/soci-snapshotter, dragonflyoss/nydus: an index instead of the layers',
    }),
  ),
];

export const SNAPSHOTTER_NAMES = SNAPSHOTTERS.map(({ name }) => name);

export const snapshotterOf = (name: string): Snapshotter => SNAPSHOTTERS.find((one) => one.name === name)!;
