/** `import shader from "../../shaders/x.wgsl"`: the Vite plugin (plugin/) turns the file into a Shader. */
declare module "*.wgsl" {
  const shader: import("./shader.ts").Shader;
  export default shader;
}
