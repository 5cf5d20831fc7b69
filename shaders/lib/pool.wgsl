// What the kernels of pools share: where a thread works. Coordinates count from the padding's corner: the image lies at
// (top, left), and a window begins at (oy * strideY, ox * strideX) and spans spanY x spanX, taps dilation apart. A pixel's
// channels are `parts` parts of 4; memory counts units, pixelStep a pixel and partStep a part. Needs Params with these names.

struct Place {
  pixel: u32,
  part: u32,
  image: u32,
  row: u32,
  column: u32,
}

// For a grid of [images, height, width, parts].
fn placeOf(index: u32, height: u32, width: u32) -> Place {
  let pixel = index / params.parts;
  let line = pixel / width;
  let image = line / height;
  return Place(pixel, index - pixel * params.parts, image, line - image * height, pixel - line * width);
}
