/** What a max pool keeps of its windows for its gradient: see maxPool2dWinners.ts. */
import { ceilDiv } from "./kernel.ts";
import type { DeviceInfo, KernelCall, Shader } from "./op.ts";
import { downCall, inferPool2d, isNarrow, type MaxPool2dAttrs, type poolParams } from "./pool.ts";
import { ShapeError } from "../errors.ts";
import type { TensorType } from "../tensor/index.ts";

/** Rows of winners for an image of `height` rows: windows that begin in the image or before it, more than y has where some do not end. */
export const winnerRows = (height: number, { stride, padding }: MaxPool2dAttrs): number => ceilDiv(height + padding[0]!, stride[0]!);

/** Whether it pays to keep winners: windows overlap, and there is a kernel for them. */
export const keepsWinners = (attrs: MaxPool2dAttrs): boolean => isNarrow(attrs) && attrs.kernel.some((k, axis) => k > attrs.stride[axis]!);

/** Type of the winners for x [n, h, w, c]. @throws ShapeError | DTypeError */
export function inferWinners(x: TensorType, attrs: MaxPool2dAttrs, where: string): TensorType {
  const { shape } = inferPool2d(x, attrs, where, "f32");
  if (!isNarrow(attrs))
    throw new ShapeError({
      code: "bad-attribute",
      where,
      problem: "keeps winners of small windows only",
      expected: "kernels of 2 or 3, strides of 1 or 2, dilations of 1",
      got: `kernel [${attrs.kernel.join(", ")}], stride [${attrs.stride.join(", ")}], dilation [${attrs.dilation.join(", ")}]`,
      remedy: "Use maxPool2d",
    });
  return { dtype: "u8", shape: [shape[0]!, winnerRows(x.shape[1] as number, attrs), shape[2]!, shape[3]!] };
}

/** Columns of the image that a thread of shaders/lib/maxPoolWinners.wgsl steps on by: more are more code than a CPU keeps at hand. */
const STEP = 2;

/** A call of such a kernel. */
export const winnersCall = (
  shader: Shader,
  images: number,
  values: ReturnType<typeof poolParams>,
  attrs: MaxPool2dAttrs,
  call: Pick<KernelCall, "constants" | "bindings">,
  device: DeviceInfo,
): KernelCall => downCall(shader, images, { ...values, rows: winnerRows(values.inHeight, attrs), step: STEP }, attrs, call, device);
