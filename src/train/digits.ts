/**
 * Digits drawn by the library itself, for when no data set is at hand: strokes of ten digits, bent, sheared, turned, moved,
 * drawn with pens of different width and dirtied with noise. Every image follows from the seed. Hard enough that a linear
 * classifier fails on one of eight while a small convolutional net gets nearly all.
 */
import { UsageError } from "../errors.ts";
import { Random } from "../numerics/random.ts";
import { allocate, filled, tensor } from "../tensor/index.ts";
import { dataset, type Dataset } from "./dataset.ts";

type Point = readonly [number, number];
type Stroke = readonly Point[];

const SIZE = 28;
/** Of the random numbers, apart from those that weights and orders are drawn from with the same seed. */
const STREAM = 0xd161;

/** Points of an elliptic arc around (cx, cy), from angle `from` to `to` in turns; 0 is right, 0.25 is down. */
function arc(cx: number, cy: number, rx: number, ry: number, from: number, to: number): Stroke {
  const steps = Math.max(3, Math.ceil(Math.abs(to - from) * 16));
  return Array.from({ length: steps + 1 }, (_, i): Point => {
    const angle = 2 * Math.PI * (from + ((to - from) * i) / steps);
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)];
  });
}

/** Ways to write each digit, in a box from (0, 0) at the top left to (1, 1). */
const glyphs: readonly (readonly (readonly Stroke[])[])[] = [
  [[arc(0.5, 0.5, 0.36, 0.48, -0.25, 0.75)], [arc(0.5, 0.5, 0.28, 0.48, -0.3, 0.72)]],
  [
    [
      [
        [0.5, 0.02],
        [0.5, 0.98],
      ],
    ],
    [
      [
        [0.3, 0.22],
        [0.54, 0.03],
        [0.54, 0.98],
      ],
    ],
    [
      [
        [0.3, 0.22],
        [0.52, 0.03],
        [0.52, 0.96],
      ],
      [
        [0.28, 0.96],
        [0.76, 0.96],
      ],
    ],
  ],
  [
    [[...arc(0.48, 0.28, 0.32, 0.26, -0.47, 0.1), [0.16, 0.96], [0.86, 0.96]]],
    [[...arc(0.48, 0.27, 0.3, 0.25, -0.45, 0.12), ...arc(0.26, 0.86, 0.12, 0.1, -0.3, -1.0), [0.6, 0.92], [0.86, 0.9]]],
  ],
  [
    [[...arc(0.44, 0.26, 0.32, 0.24, -0.42, 0.22), ...arc(0.44, 0.72, 0.36, 0.25, -0.24, 0.42)]],
    [[[0.16, 0.05], [0.8, 0.05], [0.46, 0.4], ...arc(0.44, 0.69, 0.36, 0.28, -0.2, 0.42)]],
  ],
  [
    [
      [
        [0.62, 0.98],
        [0.62, 0.02],
        [0.1, 0.66],
        [0.9, 0.66],
      ],
    ],
    [
      [
        [0.22, 0.04],
        [0.16, 0.54],
        [0.78, 0.54],
      ],
      [
        [0.74, 0.1],
        [0.68, 0.98],
      ],
    ],
  ],
  [
    [[[0.82, 0.05], [0.26, 0.05], [0.2, 0.46], ...arc(0.44, 0.67, 0.36, 0.29, -0.3, 0.4)]],
    [
      [[0.24, 0.08], [0.2, 0.44], ...arc(0.44, 0.68, 0.34, 0.28, -0.28, 0.4)],
      [
        [0.24, 0.07],
        [0.84, 0.04],
      ],
    ],
  ],
  [
    [[[0.7, 0.04], [0.4, 0.26], ...arc(0.48, 0.7, 0.32, 0.27, -0.48, 0.52)]],
    [[...arc(0.62, 0.5, 0.46, 0.46, -0.22, -0.5), ...arc(0.48, 0.72, 0.32, 0.24, 0.5, -0.5)]],
  ],
  [
    [
      [
        [0.12, 0.06],
        [0.86, 0.06],
        [0.36, 0.98],
      ],
    ],
    [
      [
        [0.12, 0.1],
        [0.86, 0.05],
        [0.4, 0.98],
      ],
      [
        [0.3, 0.5],
        [0.8, 0.46],
      ],
    ],
  ],
  [
    [arc(0.5, 0.26, 0.28, 0.23, -0.25, 0.75), arc(0.5, 0.73, 0.34, 0.25, -0.25, 0.75)],
    [[...arc(0.5, 0.26, 0.28, 0.24, 0, -0.75), ...arc(0.5, 0.74, 0.32, 0.24, -0.25, 0.8), [0.74, 0.32]]],
  ],
  [
    [[...arc(0.5, 0.3, 0.3, 0.27, 0, 1), [0.74, 0.98]]],
    [[...arc(0.48, 0.3, 0.3, 0.26, 0.02, 1.02), ...arc(0.42, 0.6, 0.38, 0.36, -0.02, 0.36)]],
  ],
];

/** Moves points of the unit box to pixels: wobble, then turn, shear, stretch and shift. */
function placement(r: Random): (p: Point) => Point {
  const [turn, shear] = [r.uniform(-0.2, 0.2), r.uniform(-0.2, 0.2)];
  const [width, height] = [r.uniform(11, 17), r.uniform(16, 21)];
  const [dx, dy] = [r.uniform(-3, 3), r.uniform(-3, 3)];
  const wave = (): ((t: number) => number) => {
    const [strength, frequency, phase] = [r.uniform(0, 0.04), r.uniform(0.6, 1.6), r.uniform()];
    return (t) => strength * Math.sin(2 * Math.PI * (frequency * t + phase));
  };
  const [waveX, waveY] = [wave(), wave()];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  return ([px, py]) => {
    const y = (py + waveY(px) - 0.5) * height;
    const x = (px + waveX(py) - 0.5) * width - shear * y;
    return [SIZE / 2 + dx + cos * x - sin * y, SIZE / 2 + dy + sin * x + cos * y];
  };
}

/** Blends a line with round ends into the image: the strongest ink wins, edges one pixel soft. */
function drawLine(image: Float32Array, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const reach = radius + 1;
  const [ux, uy] = [bx - ax, by - ay];
  const length2 = ux * ux + uy * uy || 1;
  const low = (v: number): number => Math.max(0, Math.floor(v - reach));
  const high = (v: number): number => Math.min(SIZE - 1, Math.ceil(v + reach));
  for (let y = low(Math.min(ay, by)); y <= high(Math.max(ay, by)); y++)
    for (let x = low(Math.min(ax, bx)); x <= high(Math.max(ax, bx)); x++) {
      const [px, py] = [x + 0.5 - ax, y + 0.5 - ay];
      const t = Math.min(1, Math.max(0, (px * ux + py * uy) / length2));
      const ink = Math.min(1, radius + 0.5 - Math.hypot(px - t * ux, py - t * uy));
      if (ink > image[y * SIZE + x]!) image[y * SIZE + x] = ink;
    }
}

function drawDigit(image: Float32Array, digit: number, r: Random): void {
  const place = placement(r);
  const radius = r.uniform(0.6, 1.7);
  for (const stroke of r.pick(glyphs[digit]!)) {
    const points = stroke.map(([x, y]) => place([x + r.uniform(-0.015, 0.015), y + r.uniform(-0.015, 0.015)]));
    for (let i = 1; i < points.length; i++) drawLine(image, points[i - 1]!, points[i]!, radius);
  }
  const ink = r.uniform(0.7, 1);
  const noise = r.uniform(0, 0.1);
  // Byte values, as a scanner would give.
  for (let i = 0; i < image.length; i++)
    image[i] = Math.round(255 * Math.min(1, Math.max(0, ink * image[i]! + noise * r.uniform(-1, 1)))) / 255;
}

export interface DigitsOptions {
  /** How many. Default 4000. */
  readonly count?: number;
  /** Training and test images want different seeds. Default 0. */
  readonly seed?: number;
}

/** Images [count, 28, 28, 1] of digits, white on black, equally many of each, in random order. @throws UsageError */
export function digits({ count = 4000, seed = 0 }: DigitsOptions = {}): Dataset {
  if (!Number.isSafeInteger(count) || count < 1 || count > 1e6)
    throw new UsageError({
      code: "bad-count",
      where: "digits",
      problem: "cannot draw this many images",
      expected: "1 to 1,000,000",
      got: String(count),
    });
  const r = new Random(seed, STREAM);
  const order = r.permutation(count);
  const labels = filled("u8", [count], (i) => order[i]! % 10).data;
  const pixels = allocate("f32", count * SIZE * SIZE, "digits");
  labels.forEach((digit, i) => drawDigit(pixels.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), digit, r));
  return dataset(tensor("f32", [count, SIZE, SIZE, 1], pixels), labels, 10);
}
