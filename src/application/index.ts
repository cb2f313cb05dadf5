// The application: what the processes in the containers do.

export * from './applications.js';
