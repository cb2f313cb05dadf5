// Where something stands in a document.

/** Keys and indices from the root. */
export type Path = readonly (string | number)[];

/** `spec.faults[0].at`. */
export function formatPath(path: Path): string {
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');
}
