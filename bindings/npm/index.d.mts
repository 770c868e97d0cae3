export * from "./index.cjs";
import type { Answer, Asked, Call, Oracle as Instance, Versions } from "./index.cjs";

/** An instance of a module that you compiled, or that another thread sent you. */
export declare class Oracle implements Instance {
  /** @param module a `WebAssembly.Module` of this package's `oracle.wasm` */
  constructor(module: object);
  readonly versions: Versions;
  call<C extends Call>(request: Asked<C>): Answer<C>;
  callText(request: string): string;
}
