export * from "./dtype.ts";
export * from "./type.ts";
export * from "./tensor.ts";
export * from "./storage.ts";
