// Data that cannot be written to. Part of the contract kit.

/**
 * Freezes plain data to the last leaf: whoever writes to it throws. Typed arrays cannot be frozen, and live objects are left alone.
 * @returns the same object.
 */
export function deeplyFrozen<T>(data: T): T {
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return;
    Object.freeze(value);
    for (const member of Object.values(value)) visit(member);
  };
  visit(data);
  return data;
}
