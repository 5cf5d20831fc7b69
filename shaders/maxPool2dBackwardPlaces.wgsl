// maxPool2dBackwardPlacesVec4.wgsl for any number of channels, each with a place of its own.

// #include "lib/maxPoolPlaces.wgsl"

@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> ranks: array<i32>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;

fn load(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(x[at], x[at + lanes.y], x[at + lanes.z], x[at + lanes.w]);
}

fn storeRank(at: u32, lanes: vec4<u32>, rank: vec4<i32>) {
  ranks[at] = rank.x;
  ranks[at + lanes.y] = rank.y;
  ranks[at + lanes.z] = rank.z;
  ranks[at + lanes.w] = rank.w;
}

fn storePlaces(at: u32, lanes: vec4<u32>, place: vec4<u32>) {
  places[at] = place.x;
  places[at + lanes.y] = place.y;
  places[at + lanes.z] = place.z;
  places[at + lanes.w] = place.w;
}
