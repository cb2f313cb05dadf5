// A result that could not be written: not the input's fault, so its exit code is another one.

export class OutputError extends Error {}
