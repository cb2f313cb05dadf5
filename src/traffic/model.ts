// The numbers of the traffic. Part of the traffic.

import type { ComponentModel } from '../cluster/index.js';
import { conntrackParameters } from './conntrack.js';
import { packetCpuParameters } from './packet-cpu.js';

export const trafficModel: ComponentModel = {
  name: 'traffic',
  constants: { 'traffic.packets': packetCpuParameters, 'traffic.conntrack': conntrackParameters },
  costs: {},
  measures: [],
  fits: [],
};
