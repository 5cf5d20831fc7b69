/** Topic observers: ranges gathered over batches as graph state, then scale and zero point. */
import type { Backend } from "../../../src/backend/backend.ts";
import { GraphBuilder } from "../../../src/graph/index.ts";
import type { Attrs } from "../../../src/ops/index.ts";
import { sameShape, tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, type Adapter, type Adapters, type Results } from "../evaluate.ts";
import { boolean, information, number, oneOf, optional, readAttrs, readInputs, Refused } from "../golden-case.ts";

interface Observer {
  readonly op: "minMax" | "movingAverageMinMax";
  readonly attrs: Attrs;
  readonly axis: number | null;
  readonly qparams: { readonly quantMin: number; readonly quantMax: number; readonly symmetric: boolean };
}

/** One compiled graph sees the batches in order; its states are read once, at the end. */
async function observe(backend: Backend, batches: readonly Tensor[], o: Observer): Promise<Results> {
  const [first] = batches as readonly [Tensor];
  if (!batches.every((t) => sameShape(t.shape, first.shape))) throw new Refused("batches of different shapes are not offered");
  const shape = [o.axis === null ? 1 : first.shape.at(o.axis)!];
  const all = (value: number): Tensor => tensor("f32", shape, new Float32Array(shape[0]!).fill(value));
  const b = new GraphBuilder();
  b.input("x", { dtype: "f32", shape: first.shape });
  b.state("min", "observer", all(Infinity));
  b.state("max", "observer", all(-Infinity));
  b.state("scale", "observer", all(1));
  b.state("zeroPoint", "observer", zeros("i32", shape));
  const { minOut, maxOut } = emit(b, o.op, { x: "x", min: "min", max: "max" }, { ...o.attrs, axis: o.axis });
  const { scale, zeroPoint } = emit(b, "chooseQparams", { min: minOut, max: maxOut }, o.qparams);
  for (const [state, value] of Object.entries({ min: minOut!, max: maxOut!, scale: scale!, zeroPoint: zeroPoint! })) b.update(state, value);
  using run = await backend.compile(b.build());
  for (const x of batches) await run.step({ x });
  const states = await run.readStates(["min", "max", "scale", "zeroPoint"]);
  return {
    outputs: {
      min_val: states.get("min")!,
      max_val: states.get("max")!,
      scale: states.get("scale")!,
      zero_point: states.get("zeroPoint")!,
    },
  };
}

const common = {
  observer: information,
  qscheme: oneOf("per_tensor_affine", "per_tensor_symmetric", "per_channel_affine", "per_channel_symmetric"),
  dtype: oneOf("quint8", "qint8"),
  // quant_min and quant_max hold the reduced range already.
  reduce_range: information,
  quant_min: number,
  quant_max: number,
  custom_range: boolean,
  batches: information,
} as const;

function qparamsOf(a: { qscheme: string; quant_min: number; quant_max: number; custom_range: boolean }): Observer["qparams"] {
  const symmetric = a.qscheme.endsWith("symmetric");
  // The project's rule takes 128 for the whole unsigned range; PyTorch takes 127 when a caller spells that range out.
  if (symmetric && a.custom_range && a.quant_min === 0 && a.quant_max === 255)
    throw new Refused("symmetric with a custom range of 0..255 is not offered");
  return { quantMin: a.quant_min, quantMax: a.quant_max, symmetric };
}

function adapter(op: Observer["op"], perChannel: boolean): Adapter {
  return (c, backend) => {
    const a = readAttrs(c, {
      ...common,
      ...(perChannel ? { ch_axis: number } : {}),
      ...(op === "movingAverageMinMax" ? { averaging_constant: optional(number, 0.01) } : {}),
    });
    if (a.qscheme.startsWith("per_channel") !== perChannel) throw new Refused(`qscheme ${a.qscheme} of a ${c.op} is not offered`);
    const { batch } = readInputs(c, { "batch#0": "f32" });
    const attrs: Attrs = op === "movingAverageMinMax" ? { averagingConstant: a.averaging_constant! } : {};
    return observe(backend, batch, { op, attrs, axis: perChannel ? a.ch_axis! : null, qparams: qparamsOf(a) });
  };
}

export const observers: Adapters = new Map([
  ["MinMaxObserver", adapter("minMax", false)],
  ["MovingAverageMinMaxObserver", adapter("movingAverageMinMax", false)],
  ["PerChannelMinMaxObserver", adapter("minMax", true)],
  ["MovingAveragePerChannelMinMaxObserver", adapter("movingAverageMinMax", true)],
]);
