// Where the windows of a larger max pool have their maxima along one axis: see lib/maxPoolPlaces.wgsl. Whole vec4s, and their
// places as bytes of a word.

// #include "lib/maxPoolPlaces.wgsl"

@group(0) @binding(1) var<storage, read> x: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read_write> ranks: array<vec4<i32>>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return x[at];
}

fn storeRank(at: u32, lanes: vec4<u32>, rank: vec4<i32>) {
  ranks[at] = rank;
}

fn storePlaces(at: u32, lanes: vec4<u32>, place: vec4<u32>) {
  places[at] = place.x + place.y * 0x100 + place.z * 0x10000 + place.w * 0x1000000;
}
