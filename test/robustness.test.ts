/**
 * Where each kind of bad input is tried: an index to look things up in, not a proof. It holds that tests and cases of these
 * names are there; what they expect, they say themselves.
 */
import { describe, expect, it } from "vitest";
import { read } from "./support/sources.ts";

type Place = readonly [file: string, ...names: readonly string[]];

const trainer: Place[0] = "test/train/trainer.test.ts";
const misuse: Place[0] = "test/train/misuse.test.ts";
const resume: Place[0] = "test/train/resume.test.ts";
const checkpoint: Place[0] = "test/train/checkpoint.test.ts";
const mismatch: Place[0] = "test/train/checkpointMismatch.test.ts";
const schedule: Place[0] = "test/train/schedule.test.ts";
const damage: Place[0] = "test/train/checkpointDamage.test.ts";
const gpuFaults: Place[0] = "test/train/gpuFaults.test.ts";
const files: Place[0] = "test/node/checkpointTraining.test.ts";
const disk: Place[0] = "test/node/checkpointDisk.test.ts";
const given: Place[0] = "test/backend/misuse.test.ts";
const opening: Place[0] = "test/backend/opening.test.ts";
const dispose: Place[0] = "test/backend/dispose.test.ts";
const inputs: Place[0] = "test/backend/cpu.test.ts";
const windows: Place[0] = "test/ops/windowErrors.test.ts";
const every: Place[0] = "test/ops/windowEvery.test.ts";
const memory: Place[0] = "test/tensor/memory.test.ts";
const layers: Place[0] = "test/nn/layers.test.ts";
const floats: Place[0] = "test/ops/floatErrors.test.ts";
const integers: Place[0] = "test/ops/integerErrors.test.ts";

const protobuf: Place[0] = "test/onnx/protobuf.test.ts";
const tensors: Place[0] = "test/onnx/tensors.test.ts";
const graphs: Place[0] = "test/onnx/graph.test.ts";
const quantization: Place[0] = "test/onnx/quantization.test.ts";
const onnxWindows: Place[0] = "test/onnx/windows.test.ts";

const lists: Readonly<Record<string, readonly (readonly [what: string, ...places: readonly Place[]])[]>> = {
  training: [
    [
      "learning rate NaN, infinite, negative",
      ["test/train/optimizers.test.ts", "refuses learning rates that are none, also from a schedule"],
    ],
    ["batch 0 or larger than the data", ["test/train/data.test.ts", "refuse a batch size of 0, a fraction, and more than there is"]],
    [
      "last partial batch",
      [trainer, "counts a smaller last batch by its size"],
      [resume, "the same SHA-256 and the same results from any step"],
    ],
    [
      "labels out of range or fractional",
      [misuse, "refuses labels out of range, fractional, of another type, missing, too few"],
      ["test/train/data.test.ts", "refuse labels out of range and fractional"],
    ],
    [
      "loss NaN at step k",
      ["test/train/finite.test.ts", "a loss that is NaN", "an infinite loss", "rejects that very step when every step is read"],
      [gpuFaults, "the loss"],
    ],
    [
      "NaN or Inf in input, weight, gradient, scale, range",
      [
        "test/train/finite.test.ts",
        "NaN in the input",
        "weights that a step made infinite",
        "NaN in a gradient",
        "a frozen scale is named",
      ],
      ["test/train/finite.test.ts", "NaN in an observer's range is named", "bits decide"],
      ["test/train/gpu.test.ts", "finds NaN in a batch by its bits"],
      [gpuFaults, "NaN in the input", "Inf in the input", "a gradient", "a weight"],
      [files, "NaN at a step leaves the file with the last step that was good"],
      [checkpoint, "is never saved; what was saved before still resumes"],
    ],
    [
      "dispose during a step",
      [misuse, "finishes what was asked for before dispose, and refuses what comes after", "disposed of during fit"],
      [gpuFaults, "of the trainer lets the steps under way finish", "of the backend ends the steps under way"],
    ],
    [
      "two runs at once",
      [trainer, "queues calls that do not wait for each other"],
      [misuse, "refuses a second fit and single steps while fit is under way"],
    ],
    [
      "abort signal",
      [trainer, "stops at an abort signal with what was learned so far"],
      [resume, "after an abort goes on where the abort came"],
    ],
    [
      "resume with another net",
      [mismatch, "another net", "a net of another size", "another constant", "another bit width"],
      [damage, "with states that are not its own"],
    ],
    ["resume with another optimizer", [mismatch, "another optimizer", "other settings of the optimizer", "another schedule"]],
    [
      "resume with another schedule, wherever it differs",
      [schedule, "in step %i, and the rates are said", "in step %i, and its part of the training is said"],
    ],
    ["resume with another seed", [mismatch, "another seed", "another seed of dropout", "another batch size"]],
    ["resume with another format version", [damage, "cut anywhere, prolonged, empty, of text, or of another version"]],
    [
      "a damaged checkpoint",
      [damage, "with any byte flipped", "by random damage of any kind", "is refused when it %s"],
      ["test/node/checkpoint.test.ts", "does not replace a good one by what is none, nor load what is damaged"],
      ["test/train/checkpointStore.test.ts", "IndexedDB saves, replaces, keeps the good one, refuses the damaged one"],
    ],
    [
      "killed while it saves",
      ["test/node/checkpoint.test.ts", "moments of saving leaves a whole checkpoint"],
      ["test/train/checkpointStore.test.ts", "a page closed while it saves leaves the old checkpoint or the new one"],
      [disk, "killed, the process leaves the old one before the new one has its name", "the power cut leaves the old one or the new one"],
      [files, "a training killed again and again ends with the weights of one that was not"],
    ],
    ["a full disk", [disk, "an error that names file and cause, and one whole checkpoint"]],
    [
      "two trainings on one path",
      [files, "leave a whole checkpoint of one of them at any moment", "in two processes, which are killed: whole at any moment"],
    ],
  ],
  API: [
    [
      "use after dispose, double dispose",
      [dispose, "twice is once, and every later use is a UsageError"],
      [misuse, "refuses what comes after", "whose backend was disposed of says so"],
    ],
    ["graph of another device", [dispose, "belongs to its own device"]],
    [
      "wrong shape",
      [inputs, "of another shape", "of another rank"],
      [misuse, "of another shape"],
      [given, "of another rank", "of another size"],
    ],
    [
      "wrong dtype",
      [inputs, "of another dtype", "in another typed array"],
      [misuse, "of another dtype"],
      [given, "of another dtype", "in a plain list"],
    ],
    [
      "wrong length",
      [inputs, "shorter than the shape says"],
      [misuse, "of another length"],
      [given, "shorter than its shape", "longer than its shape"],
    ],
    ["detached ArrayBuffer", [inputs, "detached"], [misuse, "in a detached buffer"], [given, "detached"]],
    ["shared ArrayBuffer", [inputs, "in shared memory"], [misuse, "in a shared buffer"], [given, "shared"]],
    [
      "more than 2^31 elements",
      [inputs, "of more than 2^31 elements"],
      [misuse, "of more than 2^31 elements"],
      [given, "of more than 2^31 elements"],
      [layers, "weights of more than 2^31 elements are refused, and no memory is asked for"],
    ],
    [
      "more than the host has memory for",
      [memory, "memory that the host refuses is an OutOfMemoryError that says what for:", "zeros", "a batch", "a checkpoint that is read"],
      [memory, "no state of a graph on the CPU is written", "no step is done that a recovery could not do again"],
      ["test/ops/memory.test.ts", "memory that the host refuses to a reference is an OutOfMemoryError:"],
    ],
  ],
  device: [
    ["no navigator.gpu", [opening, "without navigator.gpu says so and names cpu()"]],
    ["null adapter", [opening, "without an adapter, too"]],
    ["missing language feature", ["test/backend/selftest.test.ts", "says so aloud when the feature is missing"]],
    ["limits too small", [opening, "refuses an adapter with less than the standard limits", "below the standard %i"]],
    ["shader refused", ["test/backend/failures.test.ts", "WGSL that the compiler refuses"]],
    [
      "lost at each phase",
      [
        "test/backend/lostDevice.test.ts",
        "fails at each of the device's calls during opening",
        "fails at each of the device's calls during compile and run",
      ],
      [
        "test/train/recover.test.ts",
        "from a loss at any call of any kind",
        "20 losses at random steps",
        "lost in %s: every promise under way",
      ],
      [
        "test/backend/lostDevice.test.ts",
        "waits for a read-back that was asked for before",
        "fails at each %s, asked for before or after the loss",
      ],
      ["test/train/recover.test.ts", "lost in the middle of a save", "lost while the states of a checkpoint are read"],
      [gpuFaults, "recovers to the same checkpoints from losses in each phase of freezing"],
      [files, "goes by unnoticed with recovery", "ends the training without recovery, and the file is the one that was being written"],
    ],
    [
      "self-test failed",
      ["test/backend/selftest.test.ts", "is refused where unpacking by hand is wrong, too", "gets the kernels that do without"],
    ],
  ],
  "convolutions and pools": [
    [
      "groups 0, -1 or not dividing channels",
      [every, "groups 0, -1", "groups that divide the channels of one side alone"],
      [layers, "groups 0", "groups -1", "groups that do not divide the input channels", "groups that do not divide the output channels"],
      [floats, "groups 0", "groups -1", "groups that do not divide x"],
      [integers, "no groups"],
    ],
    [
      "stride or dilation 0",
      [every, "stride 0", "dilation 0"],
      [layers, "stride 0", "dilation 0", "maxPool2d stride 0", "maxPool2d dilation 0"],
      [windows, "stride 0"],
    ],
    [
      "kernel larger than the padded input",
      [every, "a kernel larger than the padded image", "is refused where the weight has it", "dilation that spans more than the image"],
      [layers, "a kernel larger than the padded image", "a pool larger than the image"],
      [windows, "a kernel larger than the padded image"],
    ],
    [
      "pads negative or of wrong length",
      [every, "padding negative, fractional, of another number of sides"],
      [layers, "padding -1", "a negative side", "three pads"],
      [windows, "a padding of six numbers"],
    ],
    ["pads huge", [every, "huge padding"], [layers, "huge padding"], [windows, "a padding of 2^31 pixels"]],
    [
      "ceilMode 2",
      [every, "ceilMode that is no boolean"],
      [layers, "maxPool2d ceilMode 2", "avgPool2d ceilMode 2"],
      [windows, "ceilMode 2"],
    ],
  ],
  "ONNX: protocol buffers": [
    ["empty, text", [protobuf, "is refused when it is empty", "text"]],
    ["truncated anywhere", [protobuf, "is refused wherever it is cut"]],
    ["over-long varint", [protobuf, "is refused with an over-long number"]],
    ["length beyond the rest", [protobuf, "is refused with a length beyond the rest"]],
    ["groups nested 10,000 deep", [protobuf, "is refused with groups, nested 10,000 deep or not"]],
    ["invalid UTF-8", [protobuf, "is refused with text that is not UTF-8", "is refused with names that are not UTF-8"]],
    ["megabyte names", [protobuf, "with names of a megabyte is loaded"]],
    [
      "duplicated and unknown fields",
      [protobuf, "or one twice that may stand once", "is refused with two graphs", "fields that are not known"],
    ],
    ["packed and unpacked mixed", [protobuf, "mixes packed lists and single elements"]],
    ["bytes changed at random", ["test/onnx/fuzz.test.ts", "damaged models are loaded or refused, in time and in little memory"]],
  ],
  "ONNX: tensors": [
    ["negative or overflowing dims", [tensors, "with a negative size", "with sizes whose product overflows", "that wrap around"]],
    ["declared 8 GB with 16 bytes", [tensors, "that declares 8 GB and holds 16 bytes", "before anything is allocated for it"]],
    ["raw data short, long or doubled with float_data", [tensors, "raw data too short", "raw data too long", "doubled by float_data"]],
    ["dtype 0 or 99", [tensors, "with dtype 0", "with dtype 99"]],
    ["unnamed", [tensors, "without a name"]],
    ["zero-sized", [tensors, "without elements is read", "with a size of 0 that hides others"]],
    ["strings", [tensors, "of strings"]],
  ],
  "ONNX: external data": [
    ["`..`, absolute", [tensors, "above it", "at an absolute path"]],
    ["links", [tensors, "beside the model", "%s are refused, and nothing is opened"]],
    ["NUL, backslash", [tensors, "with NUL in the name", "behind a backslash"]],
    ["bad offset or length, `__proto__` keys", [tensors, "with bad offsets, lengths or keys are refused alike"]],
    ["`__proto__` as a name", [tensors, "named __proto__ or constructor is a tensor like any other"]],
  ],
  "ONNX: graph": [
    ["cycle, unsorted", [graphs, "with a circle", "in an order in which values are read before they are made"]],
    [
      "duplicate or undefined names",
      [graphs, "with a value made twice", "with two initializers of one name", "with an input that nothing makes"],
    ],
    ["no outputs", [graphs, "without outputs"]],
    ["20,000-node chain", [graphs, "of 20,000 nodes is loaded: nothing recurses on depth"]],
    ["unknown op, domain or attribute, all in one error", [graphs, "are all in one error"]],
    ["opset and IR 0 or 999", [protobuf, "is refused with operator set %i", "is refused with IR version %i"]],
    ["dynamic dims", [graphs, "with a size that is not known anywhere but in front", "with an input without a shape"]],
    ["functions that recurse", [graphs, "may be functions of the model, also such that call themselves"]],
    ["random operators and attributes", ["test/onnx/random.test.ts", "random models are refused, or run"]],
  ],
  "ONNX: quantization": [
    ["scale 0, negative, NaN, Inf, denormal", [quantization, "of %d", "also where it is one of many"]],
    ["wrong length or axis", [quantization, "of wrong length, for any axis", "along an axis that is none"]],
    [
      "zero point of another dtype or out of range",
      [quantization, "of another type than what it is the zero of", "of int32 that is not 0"],
    ],
    ["bias of wrong length, dtype, or overflowing", [quantization, "with a bias of wrong length, of another type, or without room"]],
  ],
  "ONNX: convolutions and pools": [
    ["group 0, -1 or not dividing channels", [onnxWindows, "group 0", "group -1", "a group that does not divide the channels"]],
    ["stride or dilation 0", [onnxWindows, "stride 0", "dilation 0"]],
    ["kernel larger than the padded input", [onnxWindows, "a kernel larger than the padded image"]],
    ["pads negative, huge or of wrong length", [onnxWindows, "pads negative", "pads huge", "pads of two numbers", "pads of six numbers"]],
    ["auto_pad together with pads", [onnxWindows, "auto_pad together with pads"]],
    ["ceil_mode 2", [onnxWindows, "ceil_mode 2"]],
  ],
};

/**
 * The literals that name tests and cases: what `it`, `test` and `describe` begin with, also behind `.each(..)`, `name:` and
 * `what:`, and the first element of a row or the key of a table of cases. Comments and other code do not count.
 */
function titles(file: string): readonly string[] {
  const code = read(file).replace(/^\s*(\/\/|\/?\*).*$/gm, "");
  const literal = String.raw`("(?:[^"\\\n]|\\.)*"|` + "`[^`]*`)";
  const before = String.raw`(?:\b(?:it|test|describe)(?:\.\w+)?\(\s*|\)\(\s*|\b(?:name|what):\s*|\[\s*)`;
  const named = code.matchAll(new RegExp(before + literal, "g"));
  const keys = code.matchAll(new RegExp(String.raw`^\s*` + literal + String.raw`:\s`, "gm"));
  return [...named, ...keys].map((m) => m[1]!);
}

describe.each(Object.entries(lists))("bad input, %s", (_, lines) => {
  it.each(lines.map(([what, ...places]) => ({ what, places })))("$what", ({ places }) => {
    const missing = places.flatMap(([file, ...names]) =>
      names.filter((name) => !titles(file).some((t) => t.includes(name))).map((name) => [file, name]),
    );
    expect(missing).toEqual([]);
  });
});
