// y = a op b of numbers of 64 bits, two words each, a or b broadcast as lib/broadcast.wgsl walks them: see src/ops/wideBinary.ts.
// FUNCTION: 0 add, 1 sub, 2 mul, 3 div. FLOAT: f64, rounded half to even; else u64, modulo 2^64.

// #include "lib/index.wgsl"
// #include "lib/broadcast.wgsl"
// #include "lib/wide.wgsl"
// #include "lib/float64.wgsl"

struct Params {
  threads: u32,
  size: u32,
  chunks: u32,
  size1: u32,
  size2: u32,
  size3: u32,
  size4: u32,
  aOuter: u32,
  a1: u32,
  a2: u32,
  a3: u32,
  a4: u32,
  bOuter: u32,
  b1: u32,
  b2: u32,
  b3: u32,
  b4: u32,
}

override FUNCTION: u32;
override FLOAT: bool;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read> b: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2<u32>>;

fn fullProduct(a: u32, b: u32) -> vec2<u32> {
  let x = vec2(a & 0xffffu, a >> 16u);
  let z = vec2(b & 0xffffu, b >> 16u);
  let low = x.x * z.x;
  let middle = x.y * z.x + (low >> 16u);
  let other = x.x * z.y + (middle & 0xffffu);
  return vec2((other << 16u) | (low & 0xffffu), x.y * z.y + (middle >> 16u) + (other >> 16u));
}

// All 128 bits, lowest word first.
fn multiplied(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
  let low = fullProduct(a.x, b.x);
  let middle = plus(fullProduct(a.y, b.x), vec2(low.y, 0u));
  let other = plus(fullProduct(a.x, b.y), vec2(middle.x, 0u));
  return vec4(low.x, other.x, plus(plus(fullProduct(a.y, b.y), vec2(middle.y, 0u)), vec2(other.y, 0u)));
}

// Quotient and remainder of high * 2^64 + low, where high is 0, or less than the divisor and that less than 2^63: twice the rest
// is then below 2^64. The bits of low make room for those of the quotient.
fn divided(high: vec2<u32>, low: vec2<u32>, divisor: vec2<u32>) -> vec4<u32> {
  var rest = high;
  var quotient = low;
  for (var i = 0u; i < 64u; i++) {
    rest = vec2((rest.x << 1u) | (quotient.y >> 31u), (rest.y << 1u) | (rest.x >> 31u));
    quotient = vec2(quotient.x << 1u, (quotient.y << 1u) | (quotient.x >> 31u));
    if (!isLess(rest, divisor)) {
      rest = minus(rest, divisor);
      quotient.x |= 1u;
    }
  }
  return vec4(quotient, rest);
}

fn whole(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (FUNCTION == 0u) {
    return plus(a, b);
  }
  if (FUNCTION == 1u) {
    return minus(a, b);
  }
  if (FUNCTION == 2u) {
    return multiplied(a, b).xy;
  }
  return select(divided(vec2(0u), a, b).xy, a, all(b == vec2(0u)));
}

// a + b, none of them NaN.
fn sum(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let swaps = isLess(vec2(a.x, a.y & ~SIGN), vec2(b.x, b.y & ~SIGN));
  let x = select(a, b, swaps);
  let z = select(b, a, swaps);
  let isOpposite = ((x.y ^ z.y) & SIGN) != 0u;
  if ((x.y & ~SIGN) == INFINITY64.y) {
    return select(x, NAN64, isOpposite && (z.y & ~SIGN) == INFINITY64.y);
  }
  let left = numberOf64(x);
  let right = numberOf64(z);
  // 10 bits behind the 53: one that is cut off is far below half a unit of the result, also where leading bits cancel.
  let aligned = shiftedOff(right.mantissa, u32(clamp(left.exponent - right.exponent, 0, 63)));
  if (!isOpposite) {
    return bits64(normalized(plus(left.mantissa, aligned), left.exponent, left.sign));
  }
  let difference = minus(left.mantissa, aligned);
  return bits64(normalized(difference, left.exponent, select(left.sign, 0u, all(difference == vec2(0u)))));
}

// 0 of zero, 2 of infinity, else 1.
fn classOf(bits: vec2<u32>) -> u32 {
  let size = vec2(bits.x, bits.y & ~SIGN);
  return select(1u, 0u, all(size == vec2(0u))) + u32(all(size == INFINITY64));
}

// a * b or a / b, none of them NaN.
fn scaled(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let sign = (a.y ^ b.y) & SIGN;
  let first = classOf(a);
  var second = classOf(b);
  if (FUNCTION == 3u) {
    second = 2u - second;
  }
  if (first != 1u || second != 1u) {
    return select(vec2(0u, sign | select(0u, INFINITY64.y, max(first, second) == 2u)), NAN64, first + second == 2u && first != second);
  }
  let left = numberOf64(a);
  let right = numberOf64(b);
  if (FUNCTION == 2u) {
    let product = multiplied(left.mantissa, right.mantissa);
    let isCut = u32(any(product.xy != vec2(0u)));
    return bits64(normalized(vec2(product.z | isCut, product.w), left.exponent + right.exponent + 64, sign));
  }
  // Half of the mantissa, of which the last bit is 0, is below the divisor's.
  let quotient = divided(shiftedRight(left.mantissa, 1u), vec2(0u), right.mantissa);
  let isCut = u32(any(quotient.zw != vec2(0u)));
  return bits64(normalized(vec2(quotient.x | isCut, quotient.y), left.exponent - right.exponent - 63, sign));
}

fn real(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (isNan64(a) || isNan64(b)) {
    return NAN64;
  }
  if (FUNCTION > 1u) {
    return scaled(a, b);
  }
  return sum(a, vec2(b.x, b.y ^ select(0u, SIGN, FUNCTION == 1u)));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) workgroups: vec3<u32>) {
  let index = linearIndex(gid, workgroups, 64u);
  if (index >= params.threads) {
    return;
  }
  let at = neighboursOf(index);
  for (var i = 0u; i < 4u; i++) {
    let column = at.column[i];
    let left = a[at.a + column * A_STEP];
    let right = b[at.b + column * B_STEP];
    var result: vec2<u32>;
    if (FLOAT) {
      result = real(left, right);
    } else {
      result = whole(left, right);
    }
    y[at.row * params.size + column] = result;
  }
}
