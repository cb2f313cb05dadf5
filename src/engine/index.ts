// The engine: clock, event queue, loop, random streams, distributions, periodic timers, fingerprint.
// It knows nothing of what is simulated and imports nothing outside itself but its random-key and judge-queue packages.

export * from './arithmetic.js';
export * from './columns.js';
export * from './distribution.js';
export { createEventQueue } from './event-queue/create.js';
export { WheelEventQueue } from './event-queue/wheel-event-queue.js';
export * from './event-queue.js';
export * from './fifo.js';
export * from './fingerprint.js';
export * from './periodic.js';
export * from './processor-sharing.js';
export * from './quiet-ticker.js';
export * from './random.js';
export * from './simulation.js';
export * from './time.js';
export * from './trials.js';
