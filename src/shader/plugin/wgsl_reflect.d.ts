/** The package's bare import fails in Node; this path works and has the same types. */
declare module "wgsl_reflect/wgsl_reflect.module.js" {
  export * from "wgsl_reflect";
}
