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
import { cacheFolder, exists, fillOnce } from "./cache.ts";

export interface Chromium {
  readonly executable: string;
  /** Holds libvulkan.so.1, libvk_swiftshader.so and vk_swiftshader_icd.json. */
  readonly folder: string;
  /** What the browser needs in its environment: libraries that a bare system does not have. */
  readonly env: Readonly<Record<string, string>>;
}

const installed: readonly (readonly [folder: string, executable: string])[] = [
  ["/usr/lib/chromium", "/usr/bin/chromium"],
  ["/usr/lib/chromium-browser", "/usr/bin/chromium-browser"],
  ["/usr/lib64/chromium-browser", "/usr/bin/chromium-browser"],
  ["/opt/google/chrome", "/opt/google/chrome/chrome"],
  ["/opt/chromium.org/chromium", "/opt/chromium.org/chromium/chromium"],
];

/**
 * The system's Chromium, else the one in the npm package `@sparticuz/chromium` (Linux on x64), else undefined.
 * `DOT4_CHROMIUM` names the executable to use, or `npm` for the package.
 */
export async function findChromium(): Promise<Chromium | undefined> {
  const wanted = process.env["DOT4_CHROMIUM"];
  if (process.platform !== "linux") return undefined;
  if (wanted && wanted !== "npm") return { executable: wanted, folder: dirname(wanted), env: {} };
  if (!wanted)
    for (const [folder, executable] of installed)
      if ((await exists(executable)) && (await hasSoftwareVulkan(folder))) return { executable, folder, env: {} };
  return unpack();
}

export const driverManifest = (folder: string): string => join(folder, "vk_swiftshader_icd.json");

async function hasSoftwareVulkan(folder: string): Promise<boolean> {
  const files = ["libvulkan.so.1", "libvk_swiftshader.so", "vk_swiftshader_icd.json"];
  return (await Promise.all(files.map((file) => exists(join(folder, file))))).every(Boolean);
}

async function unpack(): Promise<Chromium | undefined> {
  if (process.arch !== "x64") return undefined;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  } catch {
    return undefined;
  }
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
