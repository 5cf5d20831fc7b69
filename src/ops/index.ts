/** The one list of ops. Everything that needs "all ops" (tests, tables, loaders) reads this list. */
export * from "./op.ts";

export const ops = {};

export type OpName = keyof typeof ops;
