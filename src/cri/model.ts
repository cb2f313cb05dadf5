// The numbers of container runtimes, and what can be measured of one alone. Part of the CRI.

import {
  type ComponentModel,
  choiceAt,
  figureAt,
  type Measure,
  numberAt,
  type ParameterList,
  type PartList,
} from '../cluster/index.js';
import { NS_PER_SECOND, quantile } from '../engine/index.js';
import { type ContainerRuntime, RUNTIME_CALLS } from './container-runtime.js';
import { restartDuration } from './container-runtimes.js';
import {
  contentionParameters,
  densityParameters,
  imageParameters,
  ociParameters,
  pullCosts,
  RUNTIME_FITS,
  reclaimParameters,
  runtimeRestartParameters,
} from './parameters.js';

const measures = (runtimes: PartList<ContainerRuntime>): readonly Measure[] => [
  {
    name: 'runtime_call_seconds',
    meaning: 'one CRI call on an idle node; RunPodSandbox without CNI ADD, StopPodSandbox without CNI DEL',
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
    meaning: 'fetching so many compressed bytes of one layer from a near registry',
    unit: 's',
    needs: ['bytes'],
    isFitted: true,
    value: (parameters, at) => numberAt(at, 'bytes') / parameters.of(pullCosts).fetchBytesPerSecond.value,
  },
  {
    name: 'image_unpack_seconds',
    meaning: 'unpacking so many compressed bytes, median',
    unit: 's',
    needs: ['bytes'],
    isFitted: true,
    value: (parameters, at) =>
      numberAt(at, 'bytes') / quantile(parameters.of(pullCosts).unpackBytesPerSecond.value, 0.5),
  },
  {
    name: 'layer_overhead_seconds',
    meaning: 'making and committing the snapshot of one layer',
    unit: 's',
    needs: [],
    value: (parameters) => parameters.of(pullCosts).layerOverhead.value / NS_PER_SECOND,
  },
  {
    name: 'runtime_restart_seconds',
    meaning: 'a restart of the container runtime with so many pods on its node',
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
  constants: { ...constantsOf(runtimes.all), 'cri.images': imageParameters },
  costs: {
    ...Object.fromEntries(runtimes.all.map(({ name, calls }) => [`cri.${name}`, calls])),
    'cri.contention': contentionParameters,
    'cri.density': densityParameters,
    'cri.oci': ociParameters,
    'cri.reclaim': reclaimParameters,
    'cri.restart': runtimeRestartParameters,
    'cri.pulls': pullCosts,
  },
  measures: measures(runtimes),
  fits: RUNTIME_FITS,
});
