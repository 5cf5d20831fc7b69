/** Channels that are selected by constant indices stay integers; where the indices come at run time, they are floats again. */
import { expect, it, vi } from "vitest";
import { GraphBuilder, type Graph } from "../../src/graph/index.ts";
import { add } from "../../src/ops/add.ts";
import { indexSelect } from "../../src/ops/indexSelect.ts";
import * as quant from "../../src/quant/index.ts";
import { f32, i32, tensor } from "../../src/tensor/index.ts";
import { backend, images } from "./net.ts";

const order = tensor("i32", [3], [1, 0, 1]);

/** y = (x + x) with its channels selected, plus itself. */
function net(constant: boolean): Graph {
  const b = new GraphBuilder();
  b.input("x", f32(["n", 5, 7, 2]));
  const index = constant ? b.constant(order, "order") : b.input("order", i32([3]));
  const sum = b.emit(add, { a: "x", b: "x" }, {}, "sum").y!;
  const selected = b.emit(indexSelect, { x: sum, index }, { axis: -1 }, "selected").y!;
  b.output("y", b.emit(add, { a: selected, b: selected }, {}, "twice").y!);
  return b.build();
}

it.each([true, false])("constant indices: %s", async (constant) => {
  const x = images(2, 3);
  const inputs = { x, ...(!constant && { order }) };
  const graph = net(constant);
  const prepared = await quant.calibrate(quant.prepare(graph, quant.int8()), [inputs], backend);
  const warn = vi.fn();
  const int8 = quant.convert(prepared, { warn });
  expect(int8.nodes.map((n) => n.op.name)).toEqual(
    constant
      ? ["quantize", "qadd", "indexSelect", "qadd", "dequantize"]
      : ["quantize", "qadd", "dequantize", "indexSelect", "quantize", "qadd", "dequantize"],
  );
  expect(int8.types.get("selected")!.dtype).toBe(constant ? "i8" : "f32");
  const [float, integer] = [await (await backend.compile(graph))(inputs), await (await backend.compile(int8))(inputs)];
  const worst = Math.max(...float.y!.data.map((v, i) => Math.abs(v - integer.y!.data[i]!)));
  expect(worst).toBeLessThan(0.06);
});
