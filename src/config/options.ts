import type { Embedder } from "../core/embedder.ts";
import { ValidationError } from "../core/errors.ts";
import type { Reranker } from "../core/reranker.ts";
import { createEmbedder, createReranker } from "../embedders/named.ts";
import type { OpenOptions } from "../open-options.ts";
import { openVectorIndex } from "../vectors/registry.ts";
import { SETTINGS, type ValueOf } from "./definitions.ts";
import { isRemote, type Setting, type Settings } from "./settings.ts";

/** What `openMemory` is given by settings. */
export async function openOptions(settings: Settings): Promise<OpenOptions> {
  const store = settings.storeUrl().value;
  const working = settings.workingUrl();
  const token = settings.get("token").value;
  const shared: OpenOptions = {
    store,
    ...(working && { working: working.value }),
    conversations: conversationOptions(settings),
  };
  if (isRemote(store)) {
    refuseServersChoice(settings);
    return { ...shared, ...(token !== null && { token }) };
  }
  return {
    ...shared,
    ...jobOptions(settings),
    workers: settings.get("workers").value,
    ...(await openModels(settings)),
    ...vectorOptions(settings),
    index: settings.get("index").value,
    embeddingCache: settings.get("cacheEnabled").value ? settings.get("maxCacheSize").value : 0,
    sessionTtl: sessionTtl(settings),
    idempotencyTtl: settings.get("idempotencyTtl").value,
    changesTtl: settings.get("changesTtl").value,
    versionsTtl: settings.get("versionsTtl").value,
    versionsKept: settings.get("versionsKept").value,
    autoCleanup: settings.get("autoCleanup").value,
  };
}

/** On the command line these are a wish that a server cannot be told; elsewhere they are meant for local memories. */
function refuseServersChoice(settings: Settings): void {
  for (const name of ["jobs", "embedder", "reranker", "vectors", "index"] as const) {
    const { value, source } = settings.get(name);
    if (value !== null && source === SETTINGS[name].flag)
      throw ValidationError.of([source], "is the server's choice when the memory is remote");
  }
}

/** The first of both that somebody has given: by default sessions stay. */
function sessionTtl(settings: Settings): number | null {
  const given = [settings.get("shortTermTtl"), settings.get("sessionTimeout")];
  return given.find(({ source }) => source !== "default")?.value ?? null;
}

function jobOptions(settings: Settings): Pick<OpenOptions, "jobs"> {
  const jobs = settings.get("jobs").value;
  return jobs === null ? {} : { jobs };
}

/** Which embedder settings name. */
export function embedderName(settings: Settings): Setting<ValueOf<"embedder">> {
  const { value, source } = settings.get("vectorSearch");
  return value ? settings.get("embedder") : { value: "none", source };
}

/** Opens it. */
export async function openEmbedder(settings: Settings) {
  const folder = settings.get("modelFolder").value;
  return createEmbedder(embedderName(settings).value, folder === null ? {} : { folder });
}

/** Opens the embedder, and the reranker that settings name, if any. */
export async function openModels(settings: Settings): Promise<{ embedder: Embedder; reranker?: Reranker }> {
  const embedder = await openEmbedder(settings);
  const name = settings.get("reranker").value;
  if (name === null) return { embedder };
  const folder = settings.get("modelFolder").value;
  return { embedder, reranker: await createReranker(name, embedder, folder === null ? {} : { folder }) };
}

/** The vector database that settings name, if any. */
function vectorOptions(settings: Settings): Pick<OpenOptions, "vectors"> {
  const url = settings.get("vectors").value;
  if (url === null) return {};
  const collection = settings.get("vectorCollection").value;
  return { vectors: (space) => openVectorIndex(url, { space, collection }) };
}

/** Fields do not outlive what the conversation as a whole is given. */
function conversationOptions(settings: Settings): NonNullable<OpenOptions["conversations"]> {
  const whole = settings.get("shortTermTtl").value;
  const field = settings.get("sessionTimeout").value;
  return {
    conversationTtl: whole,
    ttl: whole === null ? field : Math.min(whole, field ?? whole),
    messages: settings.get("maxConversationHistory").value,
  };
}
