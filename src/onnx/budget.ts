/**
 * What loading may make besides what the file holds: constants in another order, packed weights, tables, computed constants.
 * A few bytes can ask for the same weight a thousand times, so that all of it is counted.
 */
import { ShapeError } from "../errors.ts";

/** Elements for a file of no size, and for each byte of it. */
const LEAST = 2 ** 26;
const A_BYTE = 8;

export class Budget {
  #left: number;

  constructor(bytes: number) {
    this.#left = LEAST + A_BYTE * bytes;
  }

  has(elements: number): boolean {
    return elements <= this.#left;
  }

  /** @throws ShapeError where it is used up */
  take(elements: number, where: string): void {
    if (!this.has(elements))
      throw new ShapeError({
        code: "too-large",
        where,
        problem: "loading makes far more constants than the file holds",
        expected: `${this.#left} elements more`,
        got: String(elements),
        remedy: "The file is made to fill the memory, or it asks for the same weights again and again",
      });
    this.#left -= elements;
  }
}
