// The numbers of the control plane. Part of the control plane.

import type { ComponentModel } from '../cluster/index.js';
import { controlPlaneCosts, controlPlaneParameters } from './parameters.js';

export const controlPlaneModel: ComponentModel = {
  name: 'control-plane',
  constants: { 'control-plane': controlPlaneParameters },
  costs: { 'control-plane.costs': controlPlaneCosts },
  measures: [],
  fits: [],
};
