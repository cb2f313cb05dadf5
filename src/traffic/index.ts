// The traffic: clients, arrivals, the way of a connection.

export * from './arrivals.js';
export * from './traffic.js';
