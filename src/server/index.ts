export type { AccessToken, AuthOptions } from "./access.ts";
export { type AppOptions, createApp } from "./app.ts";
export type { Settings } from "./call.ts";
export type { Limits } from "./input.ts";
export { type RunningServer, type ServeOptions, serve } from "./serve.ts";
