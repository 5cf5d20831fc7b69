export * from "./graph.ts";
export * from "./builder.ts";
export * from "./validate.ts";
export * from "./print.ts";
export * from "./rewrite.ts";
