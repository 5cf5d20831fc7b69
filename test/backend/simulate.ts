/** Executes a memory plan on the host: buffers are host memory, a call writes what its op's reference gives. */
import type { Graph } from "../../src/graph/graph.ts";
import type { Located, Place, Plan } from "../../src/backend/webgpu/plan.ts";
import { fromWords, storageWords, toWords, type Tensor } from "../../src/tensor/index.ts";

export class Simulation {
  readonly #buffers = new Map<string, Uint32Array>();
  readonly #graph: Graph;
  readonly #plan: Plan;

  constructor(graph: Graph, plan: Plan) {
    this.#graph = graph;
    this.#plan = plan;
    plan.pool.forEach((bytes, index) => this.#buffers.set(`pool ${index}`, new Uint32Array(bytes / 4).fill(0x7fedcba9)));
    for (const [name, t] of graph.constants) this.#buffers.set(`constant ${name}`, toWords(t).slice());
    for (const [name, s] of graph.states) this.#buffers.set(`state ${name}`, toWords(s.tensor).slice());
  }

  #buffer(place: Place): Uint32Array {
    const buffer = this.#buffers.get(place.kind === "pool" ? `pool ${place.index}` : `${place.kind} ${place.name}`);
    if (!buffer) throw new Error(`no buffer for ${JSON.stringify(place)}`);
    return buffer;
  }

  #read({ place, type }: Located): Tensor {
    return fromWords(type, this.#buffer(place).subarray(0, storageWords(type)));
  }

  #write({ place, type }: Located, t: Tensor): void {
    if (place.kind === "constant") throw new Error(`constant ${place.name} is written`);
    this.#buffer(place)
      .fill(0x55555555)
      .set(toWords(t).subarray(0, storageWords(type)));
  }

  /** One run. A node's calls stand for one evaluation of its reference, at its last call. */
  run(inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
    for (const [name, t] of Object.entries(inputs)) this.#buffers.set(`input ${name}`, toWords(t).slice());
    this.#plan.steps.forEach((step, i) => {
      if (step.kind === "copy") {
        if (JSON.stringify(step.from.place) === JSON.stringify(step.to.place)) throw new Error("a copy onto itself");
        return this.#write(step.to, this.#read(step.from));
      }
      const next = this.#plan.steps[i + 1];
      if (next?.kind === "call" && next.node === step.node) return;
      const { op, attrs, inputs: names } = step.node;
      // Scratch is written first: it must not lie where an input lies.
      for (const [name, located] of step.memory)
        if (!(name in names) && !op.outputs.includes(name)) this.#buffer(located.place).fill(0x33333333);
      const tensors = Object.fromEntries(Object.keys(names).map((name) => [name, this.#read(step.memory.get(name)!)]));
      const outputs = op.reference(tensors, attrs);
      for (const name of op.outputs) this.#write(step.memory.get(name)!, outputs[name]!);
    });
    return Object.fromEntries([...this.#graph.outputs].map(([name, v]) => [name, this.#read(this.#plan.readable.get(v)!)]));
  }

  state(name: string): Tensor {
    return this.#read({ place: { kind: "state", name }, type: this.#graph.types.get(name)! });
  }

  value(name: string): Tensor {
    return this.#read(this.#plan.readable.get(name)!);
  }
}
