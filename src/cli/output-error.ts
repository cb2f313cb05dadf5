// A result that could not be written: not the input's fault, so its exit code is another one.

export class OutputError extends Error {}

/**
 * Whether a run ended without a defect of kubelapse: its result could not be written, or a part of somebody else's has thrown.
 * The class of the latter is loaded only where there are such parts.
 */
export const isRunFailure = (error: unknown): error is Error =>
  error instanceof OutputError || (error instanceof Error && error.name === 'PartError');
