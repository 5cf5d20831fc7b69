/** Writes `struct Params` by name, as the plugin reflected its layout. */
import type { ParamsLayout } from "./shader.ts";

/**
 * The bytes of `Params`.
 * @throws RangeError when a field is missing, unknown, or its value does not fit its type: a fault of a kernel plan.
 */
export function writeParams(layout: ParamsLayout, values: Readonly<Record<string, number>>): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(layout.size));
  const known = new Set(layout.fields.map((f) => f.name));
  for (const name of Object.keys(values))
    if (!known.has(name)) throw new RangeError(`Params has no field ${name}, but ${[...known].join(", ")}`);
  for (const { name, offset, type } of layout.fields) {
    const value = Object.hasOwn(values, name) ? values[name]! : undefined;
    if (value === undefined) throw new RangeError(`params.${name} is not given`);
    if (type === "f32") view.setFloat32(offset, value, true);
    else if (!Number.isInteger(value) || (type === "u32" ? value < 0 || value > 0xffffffff : value < -0x80000000 || value > 0x7fffffff))
      throw new RangeError(`params.${name} = ${value} is not a ${type}`);
    else if (type === "u32") view.setUint32(offset, value, true);
    else view.setInt32(offset, value, true);
  }
  return new Uint8Array(view.buffer);
}
