/**
 * Dawn's Node binding asks its queue for news with setImmediate, over and over, for as long as anything is pending. On a
 * software adapter that takes a whole core away from the very threads that compute: a training step on 2 cores took 1.7
 * times as long. So where the adapter is software, these calls, and no others, wait a millisecond between two questions.
 */

/** So many questions in a row are asked without a pause: short work should not wait for a timer. */
const EAGER = 32;
/** A pause this long (ms) begins a new row. */
const REST = 5;

let paced = false;

/** Callable again and again; only the first call does anything. Hardware adapters are better off without. */
export function paceDawn(): void {
  if (paced) return;
  paced = true;
  const immediate = globalThis.setImmediate;
  let last = 0;
  let row = 0;
  const pacedImmediate = (f: (...args: unknown[]) => void, ...args: unknown[]): unknown => {
    // Dawn's callback is the only native function that reaches this; everybody else's calls pass through.
    if (!Function.prototype.toString.call(f).endsWith("{ [native code] }")) return immediate(f, ...args);
    const now = performance.now();
    row = now - last > REST ? 0 : row + 1;
    last = now;
    return row < EAGER ? immediate(f, ...args) : setTimeout(f, 1, ...args);
  };
  // With what hangs on the function, such as its form for util.promisify.
  globalThis.setImmediate = Object.defineProperties(pacedImmediate, Object.getOwnPropertyDescriptors(immediate)) as typeof setImmediate;
}
