/** A module bundled for browsers and served on localhost, the way a published page would be: static files, a strict policy. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { build } from "vite";
import { absolute } from "../support/sources.ts";

/** What a careful site allows: its own scripts and workers; no eval, no inline code, no other hosts. */
export const contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
};

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves a folder on a free port of this machine; `headers` go with every file. */
export async function serve(folder: string, headers: Readonly<Record<string, string>> = {}): Promise<Site> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(folder, path.endsWith("/") ? join(path, "index.html") : path);
    readFile(file).then(
      (body) => response.writeHead(200, { "Content-Type": types[extname(file)] ?? "application/octet-stream", ...headers }).end(body),
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Bundles `entry` (relative to the project) to /main.js of a site. */
export async function servePage(entry: string): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "dot4-page-"));
  await build({
    root: absolute("."),
    configFile: absolute("vite.config.ts"),
    logLevel: "warn",
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: "esnext",
      minify: false,
      lib: { entry: absolute(entry), formats: ["es"], fileName: () => "main.js" },
    },
  });
  await writeFile(join(folder, "index.html"), '<!doctype html><html lang="en"><meta charset="utf-8"><title>dot4</title>');
  const site = await serve(folder, { "Content-Security-Policy": contentSecurityPolicy });
  return {
    url: site.url,
    close: async () => {
      await site.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
