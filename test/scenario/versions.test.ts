// The table of versions.
import { describe, expect, it } from 'vitest';
import { MINOR_VERSION_MAX, MINOR_VERSION_MIN, VERSION_FACTS, versionProfile } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { durationByVersion, versionLines } from '../../src/scenario/index.js';
import { gateProblem } from '../../src/scenario/resolve/feature-gates.js';

describe('facts of versions', () => {
  it.each(Object.entries(VERSION_FACTS))(
    '%s holds from the first version on, and changes later ones',
    (_, { values }) => {
      const from = values.map(([version]) => version);
      expect(from[0]).toBe(MINOR_VERSION_MIN);
      expect(from).toEqual([...new Set(from)].sort((a, b) => a - b));
      expect(from.at(-1)).toBeLessThanOrEqual(MINOR_VERSION_MAX);
    },
  );
  it('hold from their version on', () => {
    expect(versionProfile(31).nodeMonitorGracePeriod).toBe(seconds(40));
    expect(versionProfile(32).nodeMonitorGracePeriod).toBe(seconds(50));
    expect([34, 35, 36].map((minor) => versionProfile(minor).restartRules)).toEqual([false, true, true]);
    expect(versionProfile(MINOR_VERSION_MAX).eventedPleg).toBe(false);
  });
  it('may be turned by a feature gate, and back again by a later version', () => {
    const of = (minor: number) => versionProfile(minor).statefulSetMaxUnavailable;
    expect([34, 35, 36, 37].map(of)).toEqual([false, true, false, true]);
    const turned = { MaxUnavailableStatefulSet: true };
    expect([34, 36].map((minor) => versionProfile(minor, turned).statefulSetMaxUnavailable)).toEqual([true, true]);
  });
  it('stand in words, each with a source', () => {
    expect(durationByVersion(VERSION_FACTS.nodeMonitorGracePeriod)).toBe('40s; 50s since 1.32');
    const held = new Map(versionLines().map(({ name, stage, holds }) => [name, `${stage}: ${holds}`]));
    expect(held.get('EventedPLEG')).toBe('alpha since 1.27: off');
    expect(held.get('PLEGOnDemandRelist')).toBe('beta since 1.36, locked since 1.37: on since 1.36');
    expect(held.get('MaxUnavailableStatefulSet')).toBe(
      'alpha since 1.27, beta since 1.35: on since 1.35, off since 1.36, on since 1.37',
    );
    expect(held.get('readsSchedulerBeta')).toBe(': on; off since 1.29');
    for (const { source, meaning } of versionLines()) expect([source, meaning].every(Boolean)).toBe(true);
  });
  it('refuse gates that are not there yet, and those that are locked', () => {
    expect(gateProblem('kubelet', 'PLEGOnDemandRelist', false, 36)).toBeUndefined();
    expect(gateProblem('kubelet', 'PLEGOnDemandRelist', false, 37)).toBe('is locked to true from 1.37 on');
    expect(gateProblem('kubelet', 'PLEGOnDemandRelist', true, 35)).toBe(
      'there is no such feature gate in 1.35; it comes with 1.36',
    );
    expect(gateProblem('controlPlane', 'JobManagedBy', false, 35)).toBe('is locked to true from 1.35 on');
    expect(gateProblem('controlPlane', 'JobManagedBy', true, 35)).toBeUndefined();
  });
});
