// What a text becomes where it leaves kubelapse: one function a medium. Names, labels, questions, values and paths come from
// inputs, and inputs may come from strangers: nothing of them is obeyed by a terminal, a CI, a spreadsheet or a browser.

export * from './csv.js';
export * from './csv-rows.js';
export * from './github.js';
export * from './json.js';
export * from './markdown.js';
export * from './markup.js';
export * from './open-metrics.js';
export * from './shell.js';
export * from './terminal.js';
export * from './thrown.js';
export * from './visible.js';
