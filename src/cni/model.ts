// The numbers of the pod network, and what can be measured of it alone. Part of the CNI.

import {
  type ComponentModel,
  type Conditions,
  choiceAt,
  figureAt,
  type Measure,
  type ParameterList,
  type PartList,
} from '../cluster/index.js';
import { NS_PER_SECOND } from '../engine/index.js';
import { distanceParameters } from './fabrics.js';
import type { NetworkPlugin } from './network-plugin.js';
import { hostParameters, networkParameters, policyParameters } from './parameters.js';
import { pathMeasures } from './path-measures.js';
import type { PluginParameters } from './plugin-parameters.js';
import { policyMeasures } from './policies/measures.js';
import { STAGES } from './stages.js';

const measures = (pluginOf: (at: Conditions) => PluginParameters): readonly Measure[] => [
  {
    name: 'cni_add_seconds',
    meaning: 'one CNI ADD on an idle node',
    rule: 'a distribution',
    unit: 's',
    needs: ['plugin', 'quantile'],
    isFitted: true,
    tells: { what: 'CNI ADD', parameterOf: ({ plugin }) => [`cni.${plugin}`, 'add'] },
    value: (parameters, at) => figureAt(parameters.of(pluginOf(at)).add.value, at) / NS_PER_SECOND,
  },
  {
    name: 'cni_del_seconds',
    meaning: 'one CNI DEL on an idle node',
    rule: 'a distribution',
    unit: 's',
    needs: ['plugin', 'quantile'],
    isFitted: true,
    tells: { what: 'CNI DEL', parameterOf: ({ plugin }) => [`cni.${plugin}`, 'del'] },
    value: (parameters, at) => figureAt(parameters.of(pluginOf(at)).del.value, at) / NS_PER_SECOND,
  },
];

/** Of the stages that there are, and of those that plugins bring. */
function stageCosts(plugins: PartList<NetworkPlugin>): Record<string, ParameterList> {
  const used = plugins.all.flatMap(({ variants }) =>
    variants.flatMap(({ path }) => [...path.stages, ...(path.older?.stages ?? [])]),
  );
  return Object.fromEntries([...Object.values(STAGES), ...used].map(({ name, costs }) => [`cni.stage.${name}`, costs]));
}

export const networkModel = (plugins: PartList<NetworkPlugin>): ComponentModel => ({
  name: 'network',
  constants: {},
  costs: {
    ...Object.fromEntries(plugins.all.map(({ name, parameters }) => [`cni.${name}`, parameters])),
    ...Object.fromEntries(
      plugins.all.flatMap(({ variants }) => variants.map(({ name, path }) => [`cni.${name}`, path.costs])),
    ),
    ...stageCosts(plugins),
    'cni.distances': distanceParameters,
    ...Object.fromEntries(
      plugins.all.flatMap(({ name, agent }) => (agent === undefined ? [] : [[`cni.${name}-agent`, agent]])),
    ),
    'cni.host': hostParameters,
    'cni.limits': networkParameters,
    'cni.policies': policyParameters,
    ...Object.assign({}, ...plugins.all.map(({ ownParameters }) => ownParameters)),
  },
  measures: [
    ...measures((at) => plugins.get(choiceAt(at, 'plugin', plugins.names)).parameters),
    ...pathMeasures(plugins),
    ...policyMeasures,
    ...plugins.all.flatMap((plugin) => plugin.measures ?? []),
  ],
  fits: [],
});
