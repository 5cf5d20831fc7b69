// maxPool2dBackwardTakenVec4.wgsl for any number of channels, each with a place of its own.

// #include "lib/poolScalars.wgsl"
// #include "lib/maxPoolTaken.wgsl"

@group(0) @binding(3) var<storage, read> places: array<u32>;

fn placesAt(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(places[at], places[at + lanes.y], places[at + lanes.z], places[at + lanes.w]);
}

fn placesOf(place: u32) -> vec4<u32> {
  return vec4(place);
}
