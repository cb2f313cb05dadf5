// The numbers of container runtimes, and what can be measured of one alone. Part of the CRI.

import {
  COMPRESSIONS,
  type ComponentModel,
  choiceAt,
  DECOMPRESSORS,
  figureAt,
  type Measure,
  numberAt,
  type ParameterList,
  type PartList,
  positiveAt,
  REGISTRY_TYPES,
} from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import { type ContainerRuntime, RUNTIME_CALLS } from './container-runtime.js';
import { restartDuration } from './container-runtimes.js';
import {
  connectionRate,
  contentionParameters,
  densityParameters,
  diskThroughput,
  imageParameters,
  ociParameters,
  pullCosts,
  RUNTIME_FITS,
  reclaimParameters,
  runtimeRestartParameters,
} from './parameters.js';
import { SNAPSHOTTER_NAMES, SNAPSHOTTERS, snapshotterOf } from './snapshotters.js';
import { unpackTime } from './unpacking.js';

const measures = (runtimes: PartList<ContainerRuntime>): readonly Measure[] => [
  {
    name: 'runtime_call_seconds',
    meaning: 'one CRI call on an idle node; RunPodSandbox without CNI ADD, StopPodSandbox without CNI DEL',
    rule: 'a distribution',
    unit: 's',
    needs: ['runtime', 'call', 'quantile'],
    isFitted: true,
    tells: { what: 'CRI calls', parameterOf: ({ runtime, call }) => [`cri.${runtime}`, `${call}`] },
    value: (parameters, at) => {
      const { calls } = runtimes.get(choiceAt(at, 'runtime', runtimes.names));
      return figureAt(parameters.of(calls)[choiceAt(at, 'call', RUNTIME_CALLS)].value, at) / NS_PER_SECOND;
    },
  },
  {
    name: 'image_fetch_seconds',
    meaning: 'fetching so many compressed bytes over so many connections to a registry, median',
    rule: 'bytes over what the connections carry',
    unit: 's',
    needs: ['bytes'],
    optional: { connections: 1, registry: 'docker-hub' },
    isFitted: true,
    value: (parameters, at) => {
      const costs = parameters.of(pullCosts);
      const rate = connectionRate(choiceAt(at, 'registry', REGISTRY_TYPES), costs);
      return numberAt(at, 'bytes') / (rate.value * numberAt(at, 'connections'));
    },
  },
  {
    name: 'image_unpack_seconds',
    meaning:
      'unpacking so many compressed bytes of one image, one layer after another, median; what is not given follows from the compressed bytes',
    rule: 'inflating the compressed bytes, writing the uncompressed ones, and making files, on one core of that speed; and a fixed part for each layer',
    unit: 's',
    needs: ['bytes'],
    optional: {
      uncompressed_bytes: '',
      files: '',
      layers: 0,
      compression: 'gzip',
      decompressor: 'runtime',
      snapshotter: SNAPSHOTTERS[0].name,
      cpu_speed: 1,
    },
    isFitted: true,
    value: (parameters, at) => {
      const costs = parameters.of(pullCosts);
      const compressedBytes = numberAt(at, 'bytes');
      const given = (name: string, usual: number): number => (at[name] === '' ? usual : numberAt(at, name));
      const uncompressedBytes = given('uncompressed_bytes', compressedBytes * imageParameters.compression.value);
      const files = given('files', uncompressedBytes / imageParameters.bytesPerFile.value);
      const how = {
        compression: choiceAt(at, 'compression', COMPRESSIONS),
        decompressor: choiceAt(at, 'decompressor', DECOMPRESSORS),
      };
      const { writes } = snapshotterOf(choiceAt(at, 'snapshotter', SNAPSHOTTER_NAMES));
      const { takes } = unpackTime({ compressedBytes, uncompressedBytes, files }, how, costs, writes);
      return (takes / positiveAt(at, 'cpu_speed') + numberAt(at, 'layers') * costs.layerOverhead.value) / NS_PER_SECOND;
    },
  },
  {
    name: 'layer_overhead_seconds',
    meaning: 'making and committing the snapshot of one layer',
    rule: 'a constant',
    unit: 's',
    needs: [],
    value: (parameters) => parameters.of(pullCosts).layerOverhead.value / NS_PER_SECOND,
  },
  {
    name: 'runtime_restart_seconds',
    meaning: 'a restart of the container runtime with so many pods on its node',
    rule: 'a fixed part, and one for each pod',
    unit: 's',
    needs: ['pods'],
    isFitted: true,
    value: (parameters, at) =>
      restartDuration(numberAt(at, 'pods'), parameters.of(runtimeRestartParameters)) / NS_PER_SECOND,
  },
];

/** Parts that add to one group share it. */
function constantsOf(runtimes: readonly ContainerRuntime[]): Record<string, ParameterList> {
  const all: Record<string, ParameterList> = {};
  for (const { constants = {} } of runtimes) {
    for (const [name, group] of Object.entries(constants)) all[name] = { ...all[name], ...group };
  }
  return all;
}

export const runtimeModel = (runtimes: PartList<ContainerRuntime>): ComponentModel => ({
  name: 'container-runtime',
  constants: {
    ...constantsOf(runtimes.all),
    'cri.images': imageParameters,
    'cri.layers-at-once': Object.fromEntries(
      runtimes.all.flatMap(({ name, layersAtOnce }) => (layersAtOnce === undefined ? [] : [[name, layersAtOnce]])),
    ),
  },
  costs: {
    ...Object.fromEntries(runtimes.all.map(({ name, calls }) => [`cri.${name}`, calls])),
    'cri.contention': contentionParameters,
    'cri.density': densityParameters,
    'cri.oci': ociParameters,
    'cri.reclaim': reclaimParameters,
    'cri.restart': runtimeRestartParameters,
    'cri.pulls': pullCosts,
    'cri.disk-throughput': diskThroughput,
  },
  measures: measures(runtimes),
  fits: RUNTIME_FITS,
});
