/**
 * A Chromium on this machine: the browser itself for tests, and the software Vulkan driver (SwiftShader) that lies beside
 * it, which gives Dawn an adapter on machines without a GPU.
 */
import { execFile } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { DeviceError } from "../errors.ts";
import { cacheFolder, exists, fillOnce } from "./cache.ts";

export interface Chromium {
  readonly executable: string;
  /** Beside the browser may lie libvulkan.so.1, libvk_swiftshader.so and vk_swiftshader_icd.json. */
  readonly folder: string;
  /** What the browser needs in its environment: libraries that a bare system does not have. */
  readonly env: Readonly<Record<string, string>>;
}

const installed: readonly Chromium[] = (
  [
    ["/usr/lib/chromium", "/usr/bin/chromium"],
    ["/usr/lib/chromium-browser", "/usr/bin/chromium-browser"],
    ["/usr/lib64/chromium-browser", "/usr/bin/chromium-browser"],
    ["/opt/google/chrome", "/opt/google/chrome/chrome"],
    ["/opt/chromium.org/chromium", "/opt/chromium.org/chromium/chromium"],
  ] as const
).map(([folder, executable]) => ({ folder, executable, env: {} }));

/**
 * Linux only: the system's Chromiums, then the one in the npm package `@sparticuz/chromium` (x64), unpacked when it is
 * its turn. `DOT4_CHROMIUM` puts an executable first; `npm` leaves out the system's.
 */
async function* chromiums(): AsyncGenerator<Chromium> {
  if (process.platform !== "linux") return;
  const wanted = process.env["DOT4_CHROMIUM"];
  if (wanted && wanted !== "npm") yield { executable: wanted, folder: dirname(wanted), env: {} };
  if (wanted !== "npm") for (const chromium of installed) if (await exists(chromium.executable)) yield chromium;
  const entry = process.arch === "x64" ? packedEntry() : undefined;
  if (entry !== undefined) yield await unpacked(entry);
}

/** The browser to run tests in; undefined where none is known (puppeteer finds Chrome on other systems). */
export async function findChromium(): Promise<Chromium | undefined> {
  for await (const chromium of chromiums()) return chromium;
  return undefined;
}

/** The folder of a software Vulkan driver with its loader. */
export async function findSoftwareVulkan(): Promise<string | undefined> {
  for await (const { folder } of chromiums()) if (await hasSoftwareVulkan(folder)) return folder;
  return undefined;
}

export const loader = (folder: string): string => join(folder, "libvulkan.so.1");
export const driverManifest = (folder: string): string => join(folder, "vk_swiftshader_icd.json");

async function hasSoftwareVulkan(folder: string): Promise<boolean> {
  const files = [loader(folder), driverManifest(folder), join(folder, "libvk_swiftshader.so")];
  return (await Promise.all(files.map(exists))).every(Boolean);
}

function packedEntry(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("@sparticuz/chromium");
  } catch {
    return undefined;
  }
}

/** The Chromium of the npm package with this entry. @throws DeviceError when it cannot be unpacked, whatever the reason */
export function unpacked(entry: string): Promise<Chromium> {
  return unpack(entry).catch((cause: unknown) => {
    throw new DeviceError({
      code: "no-software-gpu",
      where: "webgpu",
      problem: `the software GPU in @sparticuz/chromium could not be unpacked: ${String(cause)}`,
      remedy: "Free some disk space or set XDG_CACHE_HOME to a folder that can be written, or use cpu()",
      cause,
    });
  });
}

async function unpack(entry: string): Promise<Chromium> {
  const marker = join("node_modules", "@sparticuz", "chromium");
  const nodeModules = entry.slice(0, entry.lastIndexOf(marker) + "node_modules".length);
  const manifest = await readFile(join(nodeModules, "@sparticuz", "chromium", "package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = await fillOnce(join(await cacheFolder(nodeModules), `chromium-${version}`), async (temporary) => {
    // In a process of its own: the package unpacks into the temporary folder and sets LD_LIBRARY_PATH when it is imported.
    const script = `import(${JSON.stringify(pathToFileURL(entry).href)}).then((m) => (m.default.default ?? m.default).executablePath())`;
    await promisify(execFile)(process.execPath, ["--eval", script], {
      env: { PATH: process.env["PATH"], TMPDIR: temporary, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" },
    });
    if (!(await hasSoftwareVulkan(temporary))) throw new Error(`@sparticuz/chromium ${version} did not unpack a software Vulkan driver`);
    await chmod(join(temporary, "chromium"), 0o755);
  });
  const libraries = [folder, join(folder, "al2023", "lib"), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":");
  return { executable: join(folder, "chromium"), folder, env: { LD_LIBRARY_PATH: libraries, FONTCONFIG_PATH: join(folder, "fonts") } };
}
