import { type Context, Hono } from "hono";
import { OPERATIONS, type Operation } from "../contract/operations.ts";
import { ROUTES, type RouteName } from "../contract/routes.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import { ValidationError } from "../core/errors.ts";
import { checkLabel, type IdSource } from "../core/identifiers.ts";
import { type Logger, silentLogger } from "../core/logger.ts";
import { DEFAULT_TENANT } from "../core/scope.ts";
import { BackgroundWork } from "../embedded/background.ts";
import type { MemoryOperations } from "../operations.ts";
import { ulidSource } from "../ulid.ts";
import { type AuthOptions, checkHost, createGate } from "./access.ts";
import type { Call, Handler, Handlers, Settings, Surroundings } from "./call.ts";
import { docsPage } from "./docs.ts";
import { errorResponse, Refusal } from "./errors.ts";
import { changeHandlers } from "./handlers/changes.ts";
import { healthHandlers } from "./handlers/health.ts";
import { jobHandlers } from "./handlers/jobs.ts";
import { longTermMemoryHandlers } from "./handlers/long-term-memory.ts";
import { promptHandlers } from "./handlers/prompt.ts";
import { recordHandlers } from "./handlers/records.ts";
import { sessionHandlers } from "./handlers/sessions.ts";
import { viewHandlers } from "./handlers/views.ts";
import { workingMemoryHandlers } from "./handlers/working-memory.ts";
import { type Limits, readInput } from "./input.ts";
import { openApiDocument } from "./openapi.ts";
import { allowedMethods, otherSlash } from "./routing.ts";
import { taskHandlers } from "./tasks.ts";

/** What a server serves, and to whom. */
export interface AppOptions {
  /** The memory that is served: `memory.operations`. */
  readonly operations: MemoryOperations;
  /** Tenant of requests that name none. Default `default`. */
  readonly tenant?: string;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  readonly limits?: Partial<Limits>;
  readonly clock?: Clock;
  readonly ids?: IdSource;
  /** Who may call. Default: everybody. */
  readonly auth?: AuthOptions;
  /** Host names the server answers to, as a guard against DNS rebinding. Default: any. */
  readonly hosts?: readonly string[];
  readonly settings?: Partial<Settings>;
  /** The stream of changes, in milliseconds. Default: looks every 250, gives a sign of life every 15,000. */
  readonly stream?: Partial<Surroundings["stream"]>;
  /** Fires when the server shuts down. */
  readonly closing?: AbortSignal;
  /** Background jobs of the server done side by side in this process, 0 to leave them to `memoir worker`. Default 1. */
  readonly workers?: number;
  /** Where work goes that outlives its request and a memory has no jobs for; whoever closes the memory waits for it first. */
  readonly background?: BackgroundWork;
}

const DEFAULT_LIMITS: Limits = { bodyBytes: 10_000_000, nesting: 128 };
const DEFAULT_SETTINGS: Settings = {
  longTermMemory: true,
  indexAllMessages: false,
  requireMessageTimestamps: false,
  summarizationThreshold: 0.7,
  newestMessages: null,
};

type Environment = { Variables: { operation: string; requestId: string } };

/**
 * The REST interface of a memory as a fetch handler: it needs no socket, and `app.fetch(request)` is all a host calls.
 *
 * @example
 * const app = createApp({ operations: memory.operations });
 * const answer = await app.request("/v1/health");
 */
export function createApp(options: AppOptions): Hono<Environment> {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silentLogger;
  const surroundings: Surroundings = {
    operations: options.operations,
    clock,
    ids: options.ids ?? ulidSource(clock),
    logger,
    background: options.background ?? new BackgroundWork(logger),
    settings: { ...DEFAULT_SETTINGS, ...options.settings },
    stream: { poll: 250, heartbeat: 15_000, ...options.stream },
    closing: options.closing ?? new AbortController().signal,
  };
  const { workers = 1 } = options;
  if (workers > 0) surroundings.operations.jobs?.work(taskHandlers(surroundings), { concurrency: workers });
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const gate = createGate(options.auth, options.tenant ?? DEFAULT_TENANT, () => clock.now());
  // Routes are matched on the path as it came: decoding first would let an encoded slash split an id.
  const app = new Hono<Environment>({ getPath: (request) => new URL(request.url).pathname });

  app.use(logRequests(surroundings));
  app.use(async (context, next) => {
    checkHost(context.req.raw.headers, options.hosts ?? null);
    // Hono would answer HEAD like GET; the contract has 405 for it.
    const { path, raw } = context.req;
    if (raw.method === "HEAD" && allowedMethods(path).length > 0) throw methodNotAllowed(path);
    await next();
  });
  for (const [name, handler] of Object.entries(handlersFor(surroundings))) {
    const operation: Operation = OPERATIONS[name as RouteName];
    const [method, template] = ROUTES[name as RouteName];
    app.on(method, template.replaceAll(/\{(\w+)\}/g, ":$1"), async (context) => {
      context.set("operation", name);
      const request = context.req.raw;
      const tenant = operation.open ? DEFAULT_TENANT : gate(request.headers, operation.everyTenant);
      const input = await readInput(operation, template, request, limits);
      if (!surroundings.settings.longTermMemory && isLongTerm(name, operation))
        throw new Refusal(400, "Long-term memory is disabled", "not_supported");
      const call = callOf(request, tenant);
      const answer = await (handler as Handler<RouteName>)({ ...input, call } as never);
      return answer instanceof Response ? answer : Response.json(answer);
    });
  }
  addDocuments(app);
  app.notFound((context) => notFound(context));
  app.onError((error, context) => failed(error, context, surroundings.logger));
  return app;
}

function handlersFor(surroundings: Surroundings): Handlers {
  return {
    ...healthHandlers(surroundings),
    ...workingMemoryHandlers(surroundings),
    ...longTermMemoryHandlers(surroundings),
    ...promptHandlers(surroundings),
    ...recordHandlers(surroundings),
    ...sessionHandlers(surroundings),
    ...changeHandlers(surroundings),
    ...viewHandlers(surroundings),
    ...jobHandlers(surroundings),
  };
}

/** Forgetting works on what is left even when nothing new is kept. */
function isLongTerm(name: string, operation: Operation): boolean {
  return operation.tag === "long-term memory" && name !== "forgetMemories";
}

function callOf(request: Request, tenant: string): Call {
  const { headers } = request;
  const key = decodeHeader(headers.get("idempotency-key"));
  return {
    tenant,
    headers,
    signal: request.signal,
    idempotencyKey: key === null ? undefined : checkLabel(key, "idempotencyKey"),
    expectedVersion: versionOf(headers),
  };
}

/** Headers carry little beyond ASCII, so the client percent-encodes them; what is not encoded is taken as it is. */
function decodeHeader(value: string | null): string | null {
  try {
    return value === null ? null : decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** The version a request is conditional on, from the tag an earlier answer gave. */
function versionOf(headers: Headers): number | undefined {
  if (headers.get("if-none-match") === "*") return 0;
  const tag = headers.get("if-match");
  if (tag === null || tag === "*") return undefined;
  const version = /^"?(\d{1,15})"?$/.exec(tag.trim())?.[1];
  if (version === undefined)
    throw ValidationError.of("ifMatch", 'must be a version such as "3"', tag, "int_parsing");
  return Number(version);
}

function logRequests({ logger, ids, clock }: Surroundings) {
  return async (context: Context<Environment>, next: () => Promise<void>) => {
    const started = clock.now();
    const given = context.req.header("x-request-id");
    const requestId = given !== undefined && /^[\w.:-]{1,128}$/.test(given) ? given : ids.next();
    context.set("requestId", requestId);
    await next();
    context.res.headers.set("x-request-id", requestId);
    // The route, not the path: ids in a path are the users' own.
    logger.info(
      {
        requestId,
        method: context.req.method,
        operation: context.get("operation") ?? null,
        status: context.res.status,
        milliseconds: clock.now() - started,
      },
      "request",
    );
  };
}

function addDocuments(app: Hono<Environment>): void {
  const document = openApiDocument();
  app.get("/openapi.json", (context) => context.json(document));
  app.get("/docs", (context) =>
    context.html(docsPage(document), 200, {
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    }),
  );
  for (const path of ["/redoc", "/"]) app.get(path, (context) => context.redirect("/docs", 307));
}

function notFound(context: Context<Environment>): Response {
  const { path } = context.req;
  if (allowedMethods(path).length > 0) return answerError(methodNotAllowed(path), context);
  const other = otherSlash(path);
  if (other !== null) return context.redirect(other + new URL(context.req.url).search, 307);
  return answerError(new Refusal(404, "Not Found", "not_found"), context);
}

function methodNotAllowed(path: string): Refusal {
  const allow = allowedMethods(path).join(", ");
  return new Refusal(405, "Method Not Allowed", "not_found", { headers: { allow } });
}

function failed(error: Error, context: Context<Environment>, logger: Logger): Response {
  if (context.req.raw.signal.aborted) return new Response(null, { status: 499 });
  const response = answerError(error, context);
  if (response.status >= 500)
    logger.error(
      { err: error, requestId: context.get("requestId"), operation: context.get("operation") },
      "request failed",
    );
  return response;
}

function answerError(error: unknown, context: Context<Environment>): Response {
  const name = context.get("operation") as RouteName | undefined;
  const operation: Operation | undefined = name && OPERATIONS[name];
  const conditional = context.req.header("if-match") ?? context.req.header("if-none-match");
  return errorResponse(error, (path) => locate(path, operation), conditional !== undefined);
}

const HEADERS: Readonly<Record<string, string>> = {
  idempotency_key: "idempotency-key",
  if_match: "if-match",
};

/** Where in the request something stood that the memory itself refused. */
function locate(path: readonly (string | number)[], operation: Operation | undefined) {
  const [first, ...rest] = path;
  const name = String(first);
  if (Object.hasOwn(HEADERS, name)) return ["header", HEADERS[name] ?? name];
  if (operation?.path && Object.hasOwn(operation.path.shape, name)) return ["path", ...path];
  if (operation?.query && Object.hasOwn(operation.query.shape, name)) return ["query", ...path];
  // A list of records is checked by position; alone, a record is checked without one.
  return typeof first === "number" ? ["body", "memories", first, ...rest] : ["body", ...path];
}
