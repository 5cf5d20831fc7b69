// What nothing was observed for: min +Inf and max -Inf, as bits and in the order of lib/order.wgsl.

const EMPTY_MIN = 0x7f800000u;
const EMPTY_MAX = 0xff800000u;
const EMPTY_LOW = 0x7f800000i;
const EMPTY_HIGH = -0x7f800001i;
