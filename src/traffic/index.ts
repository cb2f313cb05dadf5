// The traffic: clients, arrivals, the way of a request, the queues of servers, the tables of connections.

export * from './arrivals.js';
export * from './clients.js';
export * from './conntrack.js';
export * from './model.js';
export * from './outcomes.js';
export * from './packet-cpu.js';
export * from './request-log.js';
export * from './servers.js';
export * from './traffic.js';
export * from './traffic-shape.js';
