/** A GPU object whose devices can be watched and made to misbehave; everything else is passed on to the real one. */

export interface Tampering {
  /** WGSL as the device shall see it. */
  readonly shader?: (code: string) => string;
  /** Instead of the real wgslLanguageFeatures. */
  readonly features?: readonly string[];
  readonly limits?: Readonly<Record<string, number>>;
  /** No adapter at all. */
  readonly noAdapter?: boolean;
  /** Called with the name of every method of the device before it runs; may throw. */
  readonly onCall?: (method: string, device: GPUDevice) => void;
  /** Gets each new device and may change it. */
  readonly onDevice?: (device: GPUDevice) => void;
  /** True has the open out-of-memory scope report a buffer of this size. */
  readonly refuseBuffer?: (size: number) => boolean;
}

/** `target` with some members replaced; methods run on the real object, as native ones insist. */
function overlay<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get(real, key) {
      if (Object.hasOwn(members, key)) return members[key as keyof T];
      const value: unknown = Reflect.get(real, key, real);
      return typeof value === "function" ? (value.bind(real) as unknown) : value;
    },
    set: (real, key, value) => Reflect.set(real, key, value, real),
  });
}

export function wrapGpu(gpu: GPU, tampering: Tampering): GPU {
  return overlay<GPU>(gpu, {
    ...(tampering.features && { wgslLanguageFeatures: new Set(tampering.features) }),
    requestAdapter: async (options) => {
      if (tampering.noAdapter) return null;
      const adapter = await gpu.requestAdapter(options);
      return adapter && wrapAdapter(adapter, tampering);
    },
  });
}

function wrapAdapter(adapter: GPUAdapter, tampering: Tampering): GPUAdapter {
  return overlay<GPUAdapter>(adapter, {
    ...(tampering.limits && { limits: overlay(adapter.limits, tampering.limits) }),
    requestDevice: async (descriptor) => wrapDevice(await adapter.requestDevice(descriptor), tampering),
  });
}

function wrapDevice(device: GPUDevice, { shader, onCall, onDevice, refuseBuffer }: Tampering): GPUDevice {
  onDevice?.(device);
  // What the innermost open scopes will report; only out-of-memory is faked.
  const scopes: { filter: GPUErrorFilter; error: GPUError | null }[] = [];
  const members: Partial<GPUDevice> = {
    createShaderModule: (descriptor) => device.createShaderModule(shader ? { ...descriptor, code: shader(descriptor.code) } : descriptor),
    pushErrorScope: (filter) => {
      scopes.push({ filter, error: null });
      device.pushErrorScope(filter);
    },
    popErrorScope: async () => {
      const scope = scopes.pop();
      const real = await device.popErrorScope();
      return scope?.error ?? real;
    },
    createBuffer: (descriptor) => {
      const scope = scopes.filter((s) => s.filter === "out-of-memory").at(-1);
      if (scope && refuseBuffer?.(descriptor.size)) scope.error ??= { message: "planted: no memory" } as GPUOutOfMemoryError;
      return device.createBuffer(descriptor);
    },
  };
  const wrapped = overlay(device, members);
  if (!onCall) return wrapped;
  return new Proxy(wrapped, {
    get(real, key) {
      const value: unknown = Reflect.get(real, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        onCall(String(key), device);
        return (value as (...args: unknown[]) => unknown)(...args);
      };
    },
    set: (real, key, value) => Reflect.set(real, key, value),
  });
}
