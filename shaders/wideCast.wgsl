// y = x in another element type, where x or y is of 64 bits, two words each: see src/ops/wideCast.ts. FROM: 0 f32, 1 i32, 2 u32,
// 3 i8, 4 u8, 5 f64, 6 u64. TO: 0 f32, 1 f16 in f32, 2 bool, 3 and 4 the lowest BITS of a whole number, unsigned and signed,
// 5 f64, 6 u64. PACKED: y lies 4 values to a word. Rows of `size` elements are `chunks` of 4, one for each thread; in the last of
// them the row's last element may be done more than once.

// #include "lib/index.wgsl"
// #include "lib/classify.wgsl"
// #include "lib/wide.wgsl"
// #include "lib/float64.wgsl"

struct Params {
  total: u32,
  chunks: u32,
  size: u32,
}

override FROM: u32;
override TO: u32;
override BITS: u32;
override PACKED: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

fn numberOf32(bits: u32) -> Number {
  let field = (bits >> 23u) & 0xffu;
  let mantissa = (bits & 0x7fffffu) | (u32(field > 0u) << 23u);
  // Infinity is beyond f64, too.
  return normalized(vec2(mantissa, 0u), max(i32(field), 1) - 150 + select(0, 1024, field == 255u), bits & SIGN);
}

fn bits32(n: Number) -> u32 {
  if (all(n.mantissa == vec2(0u))) {
    return n.sign;
  }
  let r = rounded(n, 24, -149);
  return n.sign | min(r.mantissa.x + (u32(min(r.exponent + 149, 254)) << 23u), 0x7f800000u);
}

// A half float in f32: rounded once, as putting fewer bits into f32 changes nothing. From 2^16 on infinite.
fn bits16(n: Number) -> u32 {
  let r = rounded(n, 11, -24);
  let bits = bits32(normalized(r.mantissa, r.exponent, n.sign));
  return select(bits, n.sign | 0x7f800000u, (bits & ~SIGN) >= 0x47800000u);
}

// As u64, without sign and fraction; 2^64 - 1 where beyond.
fn sizeOf(n: Number) -> vec2<u32> {
  if (n.exponent > 0) {
    return select(shiftedLeft(n.mantissa, 1u), vec2(0xffffffffu), n.exponent > 1);
  }
  return shiftedRight(n.mantissa, u32(min(-n.exponent, 63)));
}

// A whole number as 64 bits, two's complement, saturated as the type of y wants it.
fn wholeOf(n: Number) -> vec2<u32> {
  var most = vec2(0xffffffffu);
  if (n.sign != 0u) {
    most = select(vec2(SIGN, 0u), vec2(0u, SIGN), TO == 6u);
  } else if (TO < 6u) {
    most = vec2(select(~SIGN, 0xffffffffu, TO == 3u), 0u);
  }
  var size = sizeOf(n);
  size = select(size, most, isLess(most, size));
  return select(size, minus(vec2(0u), size), n.sign != 0u);
}

fn numberFrom(v: vec2<u32>) -> Number {
  if (FROM == 0u) {
    return numberOf32(v.x);
  }
  if (FROM == 5u) {
    return numberOf64(v);
  }
  let isNegative = FROM < 6u && v.y >= SIGN;
  return normalized(select(v, minus(vec2(0u), v), isNegative), 0, select(0u, SIGN, isNegative));
}

// v: f32 in the first word, whole numbers as 64 bits.
fn converted(v: vec2<u32>) -> vec2<u32> {
  let isFloat = FROM == 0u || FROM == 5u;
  if (TO == 2u) {
    let size = vec2(select(v.x, v.x & ~SIGN, FROM == 0u), select(v.y, v.y & ~SIGN, FROM == 5u));
    return vec2(u32(any(size != vec2(0u))), 0u);
  }
  let isNothing = isFloat && select(isNan(v.x), isNan64(v), FROM == 5u);
  if (TO == 0u) {
    return vec2(select(bits32(numberFrom(v)), 0x7fc00000u, isNothing), 0u);
  }
  if (TO == 1u) {
    return vec2(select(bits16(numberFrom(v)), 0x7fc00000u, isNothing), 0u);
  }
  if (TO == 5u) {
    return select(bits64(numberFrom(v)), NAN64, isNothing);
  }
  var whole = v;
  if (isFloat) {
    whole = select(wholeOf(numberFrom(v)), vec2(0u), isNothing);
  }
  if (TO == 3u) {
    whole.x = extractBits(whole.x, 0u, BITS);
  } else if (TO == 4u) {
    whole.x = u32(extractBits(i32(whole.x), 0u, BITS));
  }
  return whole;
}

// Element i, which lies in word `word` where there are 4 to a word.
fn elementAt(i: u32, word: u32, lane: u32) -> vec2<u32> {
  if (FROM > 4u) {
    return vec2(x[2u * i], x[2u * i + 1u]);
  }
  if (FROM == 3u) {
    let v = extractBits(i32(x[word]), 8u * lane, 8u);
    return vec2(u32(v), u32(v >> 31u));
  }
  if (FROM == 4u) {
    return vec2(extractBits(x[word], 8u * lane, 8u), 0u);
  }
  let v = x[i];
  return vec2(v, select(0u, u32(i32(v) >> 31u), FROM == 1u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let word = linearIndex(gid, workgroups, 64u);
  if (word >= params.total) {
    return;
  }
  let row = word / params.chunks;
  let first = 4u * (word - row * params.chunks);
  var packed = 0u;
  for (var i = 0u; i < 4u; i++) {
    let lane = min(i, params.size - 1u - first);
    let at = row * params.size + first + lane;
    let v = converted(elementAt(at, word, lane));
    if (PACKED) {
      packed |= (v.x & 255u) << (8u * lane);
    } else if (TO > 4u) {
      y[2u * at] = v.x;
      y[2u * at + 1u] = v.y;
    } else {
      y[at] = v.x;
    }
  }
  if (PACKED) {
    y[word] = packed;
  }
}
