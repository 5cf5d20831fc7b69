// Windows of 2 x 2 pixels side by side, without padding: where they lie in the image [n, inHeight, inWidth, parts]. Needs
// Params with height and width, of the output, inHeight, inWidth and parts.

struct Pair {
  top: u32, // the upper left pixel; its neighbour is `parts` further on
  bottom: u32,
}

// For element `index` of the output [n, height, width, parts].
fn pairOf(index: u32) -> Pair {
  let pixel = index / params.parts;
  let line = pixel / params.width;
  let image = line / params.height;
  let row = image * params.inHeight + 2u * (line - image * params.height);
  let column = 2u * (pixel - line * params.width);
  let top = (row * params.inWidth + column) * params.parts + index - pixel * params.parts;
  return Pair(top, top + params.inWidth * params.parts);
}
