/** Topic observers: ranges gathered over batches as graph state, then scale and zero point. */
import type { Backend, Outputs } from "../../../src/backend/backend.ts";
import { GraphBuilder } from "../../../src/graph/index.ts";
import type { Attrs, Values } from "../../../src/ops/index.ts";
import { sameShape, tensor, zeros, type Tensor } from "../../../src/tensor/index.ts";
import { emit, type Adapter, type Adapters } from "../evaluate.ts";
import { boolean, information, number, oneOf, optional, readAttrs, readInputs, Refused } from "../golden-case.ts";

interface Observer {
  readonly op: "minMax" | "movingAverageMinMax";
  readonly attrs: Attrs;
  readonly axis: number | null;
  readonly qparams: Attrs & {
    readonly quantMin: number;
    readonly quantMax: number;
    readonly symmetric: boolean;
    readonly formula?: string;
  };
}

/** One compiled graph sees the batches in order; its states are read once, at the end. `each`: what is read after every batch. */
async function observe(
  backend: Backend,
  batches: readonly Tensor[],
  o: Observer,
  each: (b: GraphBuilder, q: Values) => Values = () => ({}),
): Promise<{ readonly states: ReadonlyMap<string, Tensor>; readonly each: readonly Outputs[] }> {
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
  for (const [name, value] of Object.entries(each(b, { scale: scale!, zeroPoint: zeroPoint! }))) b.output(name, value);
  for (const [state, value] of Object.entries({ min: minOut!, max: maxOut!, scale: scale!, zeroPoint: zeroPoint! })) b.update(state, value);
  using run = await backend.compile(b.build());
  const outputs: Outputs[] = [];
  for (const x of batches) outputs.push(await run({ x }));
  return { states: await run.readStates(["min", "max", "scale", "zeroPoint"]), each: outputs };
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
  return async (c, backend) => {
    const a = readAttrs(c, {
      ...common,
      ...(perChannel ? { ch_axis: number } : {}),
      ...(op === "movingAverageMinMax" ? { averaging_constant: optional(number, 0.01) } : {}),
    });
    if (a.qscheme.startsWith("per_channel") !== perChannel) throw new Refused(`qscheme ${a.qscheme} of a ${c.op} is not offered`);
    const { batch } = readInputs(c, { "batch#0": "f32" });
    const attrs: Attrs = op === "movingAverageMinMax" ? { averagingConstant: a.averaging_constant! } : {};
    const { states } = await observe(backend, batch, { op, attrs, axis: perChannel ? a.ch_axis! : null, qparams: qparamsOf(a) });
    return {
      outputs: {
        min_val: states.get("min")!,
        max_val: states.get("max")!,
        scale: states.get("scale")!,
        zero_point: states.get("zeroPoint")!,
      },
    };
  };
}

/** The fused op is a composition here: movingAverageMinMax, chooseQparams by fbgemm's formula, fakeQuantize of the same batch. */
const fused: Adapter = async (c, backend) => {
  const a = readAttrs(c, {
    quant_min: number,
    quant_max: number,
    symmetric: boolean,
    per_channel: boolean,
    ch_axis: number,
    averaging_constant: number,
    batches: information,
  });
  const { batch } = readInputs(c, { "batch#0": "f32" });
  const range = { quantMin: a.quant_min, quantMax: a.quant_max };
  const axis = a.per_channel ? a.ch_axis : null;
  const { states, each } = await observe(
    backend,
    batch,
    {
      op: "movingAverageMinMax",
      attrs: { averagingConstant: a.averaging_constant },
      axis,
      qparams: { ...range, symmetric: a.symmetric, formula: "fbgemm" },
    },
    (b, q) => ({ y: emit(b, "fakeQuantize", { x: "x", ...q }, { ...range, axis }).y!, scale: q.scale! }),
  );
  return {
    outputs: {
      ...Object.fromEntries(each.map(({ y }, i) => [`y${i}`, y!])),
      running_min: states.get("min")!,
      running_max: states.get("max")!,
      scale: states.get("scale")!,
      zero_point: states.get("zeroPoint")!,
    },
    aidsOf: Object.fromEntries(each.map(({ scale }, i) => [`y${i}`, { step: { scale: scale!, axis } }])),
  };
};

export const observers: Adapters = new Map([
  ["MinMaxObserver", adapter("minMax", false)],
  ["MovingAverageMinMaxObserver", adapter("movingAverageMinMax", false)],
  ["PerChannelMinMaxObserver", adapter("minMax", true)],
  ["MovingAveragePerChannelMinMaxObserver", adapter("movingAverageMinMax", true)],
  ["fused_moving_avg_obs_fake_quant", fused],
]);
