// Parts that are not kubelapse's own: what an extension is, how its module is loaded, what a catalogue is with it.

export * from './extended.js';
export { defineExtension, type Extension, ExtensionError } from './extension.js';
export * from './foreign.js';
export { guarded, PartError } from './guard.js';
export { namedError, watchedCatalogue } from './naming.js';
