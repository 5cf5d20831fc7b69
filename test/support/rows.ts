/** WGSL evaluated on the GPU, value by value. */

/** `body` writes result[i] (u32) from the vec4<u32> rows[i], for every row; of rows there is a multiple of 64. */
export async function runRows(
  device: GPUDevice,
  libraries: string,
  body: string,
  rows: Uint32Array<ArrayBuffer>,
  constants: Readonly<Record<string, number>> = {},
): Promise<Uint32Array<ArrayBuffer>> {
  if (rows.length === 0 || rows.length % 256 !== 0)
    throw new Error(`${rows.length / 4} rows: rows that no workgroup takes would go untested`);
  const code = `${libraries}
@group(0) @binding(0) var<storage, read> rows: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> result: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>) {
  let i = gid.x;
  ${body}
}`;
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, constants } });
  const count = rows.length / 4;
  const buffer = (size: number, usage: number): GPUBuffer => device.createBuffer({ size, usage });
  const [input, output, staging] = [buffer(rows.byteLength, 0x80 | 0x8), buffer(count * 4, 0x80 | 0x4), buffer(count * 4, 0x1 | 0x8)];
  device.queue.writeBuffer(input, 0, rows);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = [input, output].map((buffer, binding) => ({ binding, resource: { buffer } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(count / 64);
  pass.end();
  encoder.copyBufferToBuffer(output, 0, staging, 0, count * 4);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(0x1);
  const result = new Uint32Array(staging.getMappedRange().slice(0));
  for (const b of [input, output, staging]) b.destroy();
  return result;
}
