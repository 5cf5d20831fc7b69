/**
 * Runs modules in a real Chromium, headless, with WebGPU on its software adapter. DOT4_DIRTY_MEMORY and DOT4_POLYFILL mean what
 * they mean in Node (test/support/device.ts), but for the latter in workers.
 */
import puppeteer, { type Browser, type Page } from "puppeteer";
import { findChromium } from "../../src/node/chromium.ts";
import { servePage, type Site } from "./page.ts";

export interface ChromiumOptions {
  /** Milliseconds for the function in the page; default 60,000. */
  readonly timeout?: number;
  /** Print the page's console; default true. */
  readonly console?: boolean;
}

const dirtyMemory = [
  "--enable-dawn-features=nonzero_clear_resources_on_creation_for_testing",
  "--disable-dawn-features=lazy_clear_resource_on_first_use",
];

/** As text: vitest rewrites functions. Pages without a GPU, such as the empty one, lack the classes. */
const withoutPackedDot = `if (globalThis.GPUDevice) {
  const { has } = WGSLLanguageFeatures.prototype;
  WGSLLanguageFeatures.prototype.has = function (name) {
    return name !== "packed_4x8_integer_dot_product" && has.call(this, name);
  };
  const { createShaderModule } = GPUDevice.prototype;
  GPUDevice.prototype.createShaderModule = function (descriptor) {
    if (/\\bdot4[IU]8Packed\\s*\\(|^\\s*requires\\s+packed_4x8/m.test(descriptor.code))
      throw new Error("a shader uses dot4I8Packed in a browser without it");
    return createShaderModule.call(this, descriptor);
  };
}`;

let browser: Promise<Browser> | undefined;
const sites = new Map<string, Promise<Site>>();

/**
 * Bundles `entry` (relative to the project, `test/gpu/x.page.ts`), loads it into a fresh page and calls its default
 * export. `args` and the result travel as JSON. One browser serves all calls of a process; closeChromium() ends it.
 */
export async function inChromium<R = unknown>(entry: string, args: unknown = null, options: ChromiumOptions = {}): Promise<R> {
  const site = sites.get(entry) ?? servePage(entry);
  sites.set(entry, site);
  const { url } = await site;
  return withPage(async (page) => {
    await page.goto(url);
    // As text: vitest rewrites import() in functions.
    return (await page.evaluate(`import("/main.js").then((module) => module.default(${JSON.stringify(args)}))`)) as R;
  }, options);
}

/**
 * A fresh page for `use`, closed afterwards. Rejects when the page crashes or throws, or when time is up. A browser that has
 * just started now and then swaps a page's frame under its first navigation, before anything was loaded: that page is given
 * up for another one, once.
 */
export async function withPage<R>(use: (page: Page) => Promise<R>, options: ChromiumOptions = {}): Promise<R> {
  try {
    return await onePage(use, options);
  } catch (error) {
    if (!(error instanceof Error && error.message === "Navigating frame was detached")) throw error;
    process.stderr.write("[chromium] the first frame was detached: once more, with a fresh page\n");
    return onePage(use, options);
  }
}

async function onePage<R>(use: (page: Page) => Promise<R>, { timeout = 60_000, console: print = true }: ChromiumOptions): Promise<R> {
  browser ??= launch();
  const page = await (await browser).newPage();
  let timer: NodeJS.Timeout | undefined;
  const broken = new Promise<never>((_, reject) => {
    page.on("error", (error) => reject(new Error(`the page crashed: ${error.message}`)));
    page.on("pageerror", (error) => reject(error instanceof Error ? error : new Error(String(error))));
    timer = setTimeout(() => reject(new Error(`nothing came back from Chromium in ${timeout} ms`)), timeout);
  });
  if (process.env["DOT4_POLYFILL"] === "1") await page.evaluateOnNewDocument(withoutPackedDot);
  if (print) page.on("console", (message) => void process.stderr.write(`[chromium] ${message.type()}: ${message.text()}\n`));
  try {
    return await Promise.race([use(page), broken]);
  } finally {
    clearTimeout(timer);
    await page.close().catch(() => undefined);
  }
}

/** Ends the browser and the servers of this process. */
export async function closeChromium(): Promise<void> {
  await (await browser?.catch(() => undefined))?.close();
  browser = undefined;
  for (const site of sites.values()) await (await site).close();
  sites.clear();
}

async function launch(): Promise<Browser> {
  const chromium = await findChromium();
  // The variables that point Dawn in this process to its driver are not the browser's business.
  const env = { ...process.env, ...chromium?.env, VK_DRIVER_FILES: undefined, VK_ICD_FILENAMES: undefined };
  return puppeteer.launch({
    ...(chromium ? { executablePath: chromium.executable } : { channel: "chrome" as const }),
    headless: "shell",
    // Over a pipe the browser ends when this process does, however it ends.
    pipe: true,
    protocolTimeout: 600_000,
    env,
    args: [
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      // Root needs it, and so does any user of a container without user namespaces; nothing but the tests' own pages is loaded.
      "--no-sandbox",
      // /dev/shm of a container holds 64 MB.
      "--disable-dev-shm-usage",
      ...(process.env["DOT4_DIRTY_MEMORY"] === "1" ? dirtyMemory : []),
    ],
  });
}
