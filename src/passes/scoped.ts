import type { Emitter } from "../ops/op.ts";

/** An emitter that puts a prefix before the names of nodes: what belongs to conv1 is called `conv1.…` in reports. */
export const scoped = (b: Emitter, prefix: string): Emitter => ({
  emit: (op, inputs, attrs, name = op.name) => b.emit(op, inputs, attrs, `${prefix}.${name}`),
  constant: (tensor, name = "const") => b.constant(tensor, `${prefix}.${name}`),
  type: (value) => b.type(value),
});
