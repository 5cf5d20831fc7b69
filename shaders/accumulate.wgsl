// lossTotalOut = lossTotal + loss, correctTotalOut = correctTotal + correct, in place. [1] each.

@group(0) @binding(0) var<uniform> loss: f32;
@group(0) @binding(1) var<uniform> correct: i32;
@group(0) @binding(2) var<storage, read_write> lossTotalOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> correctTotalOut: array<i32>;

@compute @workgroup_size(1)
fn main() {
  lossTotalOut[0] += loss;
  correctTotalOut[0] += correct;
}
