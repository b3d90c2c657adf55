import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { unknownVariables } from "../../src/config/settings.ts";
import { ROUTES } from "../../src/contract/routes.ts";
import { memoir } from "../cli/memoir.ts";

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { name: string; value: string }[];
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly readinessProbe?: { httpGet: { path: string; port: string } };
  readonly livenessProbe?: { httpGet: { path: string; port: string } };
}

interface Service {
  readonly command?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const read = (file: string) => readFileSync(join("deploy", file), "utf8");
const dockerfile = read("Dockerfile");
const compose = parse(read("compose.yaml"), { merge: true }) as {
  services: Record<string, Service>;
  volumes: object;
};
const services = Object.entries(compose.services);
const kustomization = parse(read("kubernetes/kustomization.yaml")) as {
  resources: string[];
  images: { newTag: string }[];
};
const documents = kustomization.resources.flatMap((file) =>
  parseAllDocuments(read(`kubernetes/${file}`)).map((document) => document.toJS()),
);
const containers: Container[] = documents
  .filter(({ kind }) => kind === "Deployment")
  .flatMap(({ spec }) => spec.template.spec.containers);

const hasHealthRoute = (path: string) =>
  Object.values(ROUTES).some(([method, route]) => method === "GET" && route === path);

describe("the image", () => {
  test("installs drivers that the package works with", () => {
    const names = /\[([^\]]*)\]\.map\(\(name\)/.exec(dockerfile)?.[1]?.match(/[\w/@-]+/g) ?? [];
    expect(names.length).toBeGreaterThan(0);
    const peers: Record<string, string> = manifest.peerDependencies;
    const tested: Record<string, string> = manifest.devDependencies;
    for (const name of names) expect([name, peers[name], tested[name]]).not.toContain(undefined);
  });

  test("starts a command that there is, as an ordinary user", async () => {
    expect(dockerfile).toContain(`node_modules/memoir/${manifest.bin.memoir.replace("./", "")}`);
    expect(dockerfile).toMatch(/^USER node$/m);
    const [command = ""] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]");
    expect((await memoir([command, "--help"])).code).toBe(0);
  });

  test("asks for a health that the server tells", () => {
    const path = /PORT \+ '([^']+)'/.exec(dockerfile)?.[1] ?? "";
    expect(hasHealthRoute(path)).toBe(true);
  });

  test("sets settings that there are", () => {
    const names = [...dockerfile.matchAll(/\b(MEMORY_\w+)=/g)].map(([, name = ""]) => name);
    expect(names.length).toBeGreaterThan(0);
    expect(unknownVariables(Object.fromEntries(names.map((name) => [name, "x"])))).toEqual([]);
  });
});

describe("the Compose file", () => {
  const own = services.filter(([, { environment }]) => environment?.["MEMORY_REDIS_URL"] !== undefined);

  test.each(own)("%s is given settings and a command that there are", async (_, { environment, command }) => {
    expect(unknownVariables(environment ?? {})).toEqual([]);
    expect((await memoir([command ?? "serve", "--help"])).code).toBe(0);
  });

  test.each(services)("%s refers to what is there", (_, service) => {
    for (const name of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(name);
    for (const volume of service.volumes ?? []) {
      const [source = ""] = volume.split(":");
      if (source.startsWith(".")) expect(existsSync(join("deploy", source))).toBe(true);
      else expect(compose.volumes).toHaveProperty(source);
    }
  });

  test("only this machine reaches the server, and nothing reaches the engines", () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual(["127.0.0.1:8000:8000"]);
  });

  test("Redis answers a write only when it is on disk", () => {
    expect(compose.services["redis"]?.command).toContain("--appendfsync always");
  });
});

describe("the Kubernetes manifests", () => {
  test.each(containers)("a container runs $args with settings that there are", async ({ args, env }) => {
    expect((await memoir([...args, "--help"])).code).toBe(0);
    expect(unknownVariables(Object.fromEntries(env.map(({ name, value }) => [name, value])))).toEqual([]);
  });

  test("the secret that is described has settings that there are", () => {
    const names = [...read("kubernetes/kustomization.yaml").matchAll(/from-literal=(\w+)=/g)];
    expect(names.length).toBeGreaterThan(0);
    expect(unknownVariables(Object.fromEntries(names.map(([, name]) => [name, "x"])))).toEqual([]);
  });

  test("probes ask a path and a port that there are", () => {
    const probed = containers.flatMap(({ readinessProbe, livenessProbe, ports }) =>
      [readinessProbe, livenessProbe].flatMap((probe) => (probe ? [{ ...probe.httpGet, ports }] : [])),
    );
    expect(probed).toHaveLength(2);
    for (const { path, port, ports } of probed) {
      expect(hasHealthRoute(path)).toBe(true);
      expect(ports?.map(({ name }) => name)).toContain(port);
    }
  });

  test("services and budgets select pods that there are", () => {
    const labels = documents
      .filter(({ kind }) => kind === "Deployment")
      .map(({ spec }) => spec.template.metadata.labels.app);
    const selectors = documents.flatMap(({ kind, spec }) =>
      kind === "Service" ? [spec.selector.app] : [spec.selector.matchLabels.app],
    );
    for (const selector of selectors) expect(labels).toContain(selector);
  });

  test("they run this release", () => {
    expect(kustomization.images.map(({ newTag }) => newTag)).toEqual([manifest.version]);
  });
});
