/**
 * In the place of typed arrays, for tests that import this before src: such as have no room where `memory.refuses` says so. None of
 * it is ever asked for.
 */
const granted: (bytes: number) => boolean = () => false;
export const memory = { granted, refuses: granted };

for (const kind of [
  Float32Array,
  Float64Array,
  BigUint64Array,
  Int32Array,
  Uint32Array,
  Int16Array,
  Uint16Array,
  Int8Array,
  Uint8Array,
] as const) {
  const refusing = new Proxy(kind, {
    construct(target, given: [unknown], as) {
      const [from] = given;
      const length = typeof from === "number" ? from : Array.isArray(from) || ArrayBuffer.isView(from) ? (from as Uint8Array).length : 0;
      if (memory.refuses(length * target.BYTES_PER_ELEMENT)) throw new RangeError("Array buffer allocation failed");
      return Reflect.construct(target, given, as) as object;
    },
  });
  // What an array's own slice and map make, too.
  Object.defineProperty(kind.prototype, "constructor", { value: refusing });
  Object.assign(globalThis, { [kind.name]: refusing });
}
