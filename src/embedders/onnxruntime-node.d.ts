// The package comes without type declarations: these are the parts used here.
declare module "onnxruntime-node" {
  class Tensor {
    constructor(type: "int64", data: BigInt64Array, shape: readonly number[]);
    readonly data: Float32Array;
  }
  interface InferenceSession {
    run(feeds: Record<string, Tensor>, outputs: readonly string[]): Promise<Record<string, Tensor>>;
  }
  const runtime: {
    readonly Tensor: typeof Tensor;
    readonly InferenceSession: {
      create(file: string, options: { intraOpNumThreads: number }): Promise<InferenceSession>;
    };
  };
  export default runtime;
}
