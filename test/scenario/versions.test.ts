// The table of versions.
import { describe, expect, it } from 'vitest';
import { MINOR_VERSION_MAX, MINOR_VERSION_MIN, VERSION_FACTS, versionProfile } from '../../src/cluster/index.js';
import { seconds } from '../../src/engine/index.js';
import { durationByVersion, versionLines } from '../../src/scenario/index.js';

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
  it('stand in words, each with a source', () => {
    expect(durationByVersion(VERSION_FACTS.nodeMonitorGracePeriod)).toBe('40s; 50s since 1.32');
    const gates = versionLines().filter(({ isGate }) => isGate);
    expect(gates.map(({ name, holds }) => `${name} ${holds}`)).toEqual([
      'EventedPLEG off',
      'PLEGOnDemandRelist on since 1.36',
      'ReduceDefaultCrashLoopBackOffDecay off',
    ]);
    for (const { source, meaning } of versionLines()) expect([source, meaning].every(Boolean)).toBe(true);
  });
});
