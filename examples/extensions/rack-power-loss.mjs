// A fault: a rack loses its power, and its machines boot one after another when it is back, so that the fuse holds.
import { defineExtension, faultType, field, hitNodes, NODES_HIT, ns, otherwise, someTime } from 'kubelapse/extension';

const rackPowerLoss = faultType({
  type: 'RackPowerLoss',
  meaning: 'machines stop at once, and boot one after another when the power is back',
  fields: {
    ...NODES_HIT,
    duration: field(someTime, 'how long there is no power'),
    gap: otherwise(someTime, '20s', 'time from one boot to the next', { source: 'no published figure: an example' }),
  },
  read: (input, at, reader) => ({
    nodes: reader.nodes(input, at),
    duration: ns(input.duration),
    gap: ns(input.gap),
  }),
  begin: (fault, reach) => {
    let booted = 0;
    return hitNodes(fault, reach, (node) => {
      reach.kubelets.life.die(node, fault.duration + fault.gap * booted);
      booted += 1;
    });
  },
  consequences: { exits: ['node'], deletes: true },
  examples: [{ duration: 60e9, gap: 5e9 }],
});

export default defineExtension({ name: 'rack-power-loss', version: '1.0.0', parts: { faults: [rackPowerLoss] } });
