/** WebGPU for Node: the npm package `webgpu` (Dawn), on a hardware adapter where there is one, else on SwiftShader. */
import { constants } from "node:os";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DeviceError, UsageError } from "../errors.ts";
import { driverManifest, findSoftwareVulkan, loader } from "./chromium.ts";
import { paceDawn } from "./pace.ts";

export interface DawnOptions {
  /** `any` prefers hardware. Default: the environment variable DOT4_ADAPTER, else `any`. */
  readonly adapter?: "any" | "hardware" | "software";
  /** Dawn toggles to enable and to disable. */
  readonly enable?: readonly string[];
  readonly disable?: readonly string[];
}

/** The process aborts when an object that create() returned is collected while its devices live: keep them all. */
const kept: GPU[] = [];
const instances = new Map<string, Promise<GPU>>();

/** An object like `navigator.gpu`. The same one for the same options. @throws DeviceError when there is no adapter. */
export function dawn(options: DawnOptions = {}): Promise<GPU> {
  const adapter = options.adapter ?? adapterOf(process.env["DOT4_ADAPTER"]);
  const key = JSON.stringify([adapter, options.enable, options.disable]);
  let gpu = instances.get(key);
  if (!gpu) {
    gpu = open({ ...options, adapter });
    instances.set(key, gpu);
    // A driver may be installed later; a failure is not kept.
    gpu.catch(() => instances.delete(key));
  }
  return gpu;
}

function adapterOf(name: string | undefined): "any" | "hardware" | "software" {
  if (name === undefined || name === "") return "any";
  if (name === "any" || name === "hardware" || name === "software") return name;
  throw new UsageError({
    code: "bad-environment",
    where: "DOT4_ADAPTER",
    problem: "unknown kind of adapter",
    expected: "any, hardware or software",
    got: name,
    remedy: "Set it to one of these, or not at all",
  });
}

async function open({ adapter, enable = [], disable = [] }: DawnOptions): Promise<GPU> {
  const { create, globals } = await loadPackage();
  // GPUBufferUsage, GPUMapMode and the classes, which browsers have as globals.
  for (const [name, value] of Object.entries(globals)) if (!(name in globalThis)) Object.assign(globalThis, { [name]: value });
  const flags = [
    ...(enable.length ? [`enable-dawn-features=${enable.join(",")}`] : []),
    ...(disable.length ? [`disable-dawn-features=${disable.join(",")}`] : []),
  ];
  const attempt = async (): Promise<{ gpu: GPU; info: GPUAdapterInfo | undefined }> => {
    const gpu = create(flags);
    kept.push(gpu);
    return { gpu, info: (await gpu.requestAdapter({ powerPreference: "high-performance" }))?.info };
  };

  const first = adapter !== "software" && (await canHaveHardware()) ? await attempt() : undefined;
  if (first?.info && !first.info.isFallbackAdapter) return first.gpu;
  if (adapter !== "hardware") {
    const usable = await useSoftwareDriver().catch((e: unknown) => {
      // The system's own software adapter does as well.
      if (first?.info) return false;
      throw e;
    });
    if (usable) {
      const second = await attempt();
      if (second.info) return software(second.gpu);
    }
    if (first?.info) return software(first.gpu);
  }
  throw new DeviceError({
    code: "no-adapter",
    where: "webgpu",
    problem: adapter === "hardware" ? "no hardware GPU adapter" : "no GPU adapter, neither hardware nor software",
    remedy:
      "Install a Vulkan driver, or a software one: a system Chromium, or `npm install @sparticuz/chromium` (Linux x64). cpu() runs everything without one, slower",
  });
}

function software(gpu: GPU): GPU {
  paceDawn();
  return gpu;
}

async function loadPackage(): Promise<typeof import("webgpu")> {
  try {
    return await import("webgpu");
  } catch (cause) {
    throw new DeviceError({
      code: "no-webgpu-package",
      where: "webgpu",
      problem: "the npm package `webgpu` is not installed or does not load on this platform",
      remedy: "Run `npm install webgpu`, or use cpu()",
      cause,
    });
  }
}

/** On Linux Dawn wants a Vulkan loader and finds GPUs by driver manifests; elsewhere it asks the system itself. */
async function canHaveHardware(): Promise<boolean> {
  if (process.platform !== "linux") return true;
  const named = process.env["VK_DRIVER_FILES"] ?? process.env["VK_ICD_FILENAMES"];
  if (!named && !(await hasDriverManifest())) return false;
  if (preload("libvulkan.so.1")) return true;
  const folder = await findSoftwareVulkan();
  return folder !== undefined && preload(loader(folder));
}

async function hasDriverManifest(): Promise<boolean> {
  const folders = ["/usr/share", "/usr/local/share", "/etc", "/usr/local/etc"].map((f) => join(f, "vulkan", "icd.d"));
  const files = await Promise.all(folders.map((folder) => readdir(folder).catch((): string[] => [])));
  return files.flat().some((file) => file.endsWith(".json"));
}

async function useSoftwareDriver(): Promise<boolean> {
  const folder = await findSoftwareVulkan();
  if (folder === undefined || !(preload("libvulkan.so.1") || preload(loader(folder)))) return false;
  // The loader reads these when an instance is made; the newer name wins where both are set.
  process.env["VK_DRIVER_FILES"] = process.env["VK_ICD_FILENAMES"] = driverManifest(folder);
  return true;
}

/**
 * Loads a shared library for good, so that Dawn's own dlopen("libvulkan.so.1") finds it by its name. The usual way,
 * LD_LIBRARY_PATH, counts only when set before a process starts.
 */
function preload(library: string): boolean {
  const keepLoaded = 0x1000; // RTLD_NODELETE, which node:os does not list
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | keepLoaded);
    return true;
  } catch (error) {
    // Node complains that it is no Node addon, after loading it.
    return String(error).includes("did not self-register");
  }
}
