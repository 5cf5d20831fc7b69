// y = y + 1, in place: y holds x. i32 [1], wrapping.

@group(0) @binding(0) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(1)
fn main() {
  y[0] += 1;
}
