// lib/maxPoolDown.wgsl for y, the maxima alone: a Best is a key, and places are nothing.

alias Best = vec4<i32>;
alias Line = vec4<i32>;
alias Window = vec4<i32>;
alias Place = u32; // nothing
alias Kept = u32; // nothing
alias Round = u32;

fn keptOf(image: u32, part: u32, size: Params) -> Kept {
  return 0;
}

fn placeOf(column: u32) -> Place {
  return 0;
}

fn repeated(columns: vec4<u32>) -> vec4<u32> {
  return columns;
}

fn roundOf(row: i32, at: Strip) -> Round {
  return 0;
}

fn askedBeside() -> u32 {
  return 0;
}

fn keepsMaxima() -> bool {
  return true;
}

fn bestOf(key: vec4<i32>, place: Place, known: Known) -> Best {
  return key;
}

fn joined(a: Best, b: Best) -> Best {
  return min(a, b);
}

fn lineOf(b: Best, start: u32) -> Line {
  return b;
}

fn windowOf(o0: Line, o1: Line, o2: Line, o3: Line, new0: Line, new1: Line, round: Round) -> Window {
  var key = new0;
  if (DOWN == 2) {
    key = min(key, new1);
  }
  if (ROWS > DOWN) {
    key = min(key, o3);
  }
  if (ROWS > DOWN + 1) {
    key = min(key, o2);
  }
  if (ROWS > DOWN + 2) {
    key = min(key, o1);
  }
  if (ROWS > DOWN + 3) {
    key = min(key, o0);
  }
  return key;
}

fn finish(w: Window, pixel: u32, at: Strip, size: Params) {
  store(pixel * size.pixelStep + at.part, at.lanes, bitsOfAll(w, at.known));
}
