// What pixels get of the windows along one axis of a larger max pool: see lib/maxPoolTaken.wgsl. x is dy, y dx, whole vec4s.

// #include "lib/poolVectors.wgsl"
// #include "lib/maxPoolTaken.wgsl"

@group(0) @binding(3) var<storage, read> places: array<u32>;

// A place in each of a word's bytes.
const BYTES = vec4<u32>(0xff, 0xff00, 0xff0000, 0xff000000);

fn placesAt(at: u32, lanes: vec4<u32>) -> vec4<u32> {
  return vec4(places[at]) & BYTES;
}

fn placesOf(place: u32) -> vec4<u32> {
  return vec4(place * 0x01010101) & BYTES;
}
