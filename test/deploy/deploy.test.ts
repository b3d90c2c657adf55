import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseAllDocuments, parse as parseYaml } from "yaml";
import { SETTING_NAMES, SETTINGS } from "../../src/config/definitions.ts";
import { createSettings } from "../../src/config/settings.ts";
import { ROUTES } from "../../src/contract/operations.ts";

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const variables = new Set(SETTING_NAMES.map((name) => SETTINGS[name].variable));
const PORT = String(SETTINGS.port.fallback);
const HEALTH = ROUTES.health[1];

const read = (name: string) => readFileSync(`deploy/${name}`, "utf8");

describe("deploy/Dockerfile", () => {
  const text = read("Dockerfile");

  test("copies what is there and runs scripts that there are", () => {
    const copied = [...text.matchAll(/^COPY ([^-].*) \S+$/gm)].flatMap(([, files = ""]) => files.split(" "));
    expect(copied).toContain("package.json");
    expect(copied.filter((file) => !existsSync(file))).toEqual([]);
    const scripts = [...text.matchAll(/npm run (\S+)/g)].map(([, name = ""]) => name);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
    expect(Object.hasOwn(manifest.scripts, "prepack")).toBe(true);
    expect(text).toContain(manifest.bin.memoir.replace("./", "node_modules/memoir/"));
  });

  test("installs the drivers that were tested, on a Node that is supported", () => {
    const installed = Object.fromEntries(
      [...text.matchAll(/ (\w+)@([\d.]+)/g)].map(([, name, version]) => [name, version]),
    );
    expect(installed).toEqual({ pg: manifest.devDependencies.pg, redis: manifest.devDependencies.redis });
    const versions = [...text.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => Number(version));
    expect(versions).toHaveLength(2);
    expect(Math.min(...versions)).toBeGreaterThanOrEqual(Number.parseInt(manifest.engines.node.slice(2), 10));
  });

  test("serves on the port it exposes, not as root, and asks for its health", () => {
    expect(text).toContain(`EXPOSE ${PORT}\n`);
    expect(text).toContain(`http://127.0.0.1:${PORT}${HEALTH}`);
    expect(text.lastIndexOf("\nUSER node\n")).toBeGreaterThan(text.lastIndexOf("\nRUN "));
    const named = [...text.matchAll(/\b(MEMORY_\w+)=/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((name) => !variables.has(name))).toEqual([]);
  });
});

interface Service {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string };
  readonly environment?: Record<string, string>;
  readonly ports?: string[];
  readonly depends_on?: Record<string, { condition: string }>;
  readonly healthcheck?: object;
  readonly volumes?: string[];
}

describe("deploy/compose.yaml", () => {
  const { services, volumes } = parseYaml(read("compose.yaml")) as {
    services: Record<string, Service>;
    volumes: object;
  };

  test("sets settings that there are, to values that can be read", () => {
    const environment = services["memory"]?.environment ?? {};
    expect(Object.keys(environment).filter((name) => !variables.has(name))).toEqual([]);
    const settings = createSettings({}, environment);
    for (const name of SETTING_NAMES) settings.get(name);
    expect(settings.storeUrl().value).toMatch(/^postgres:\/\/.*@postgres:5432\//);
    expect(settings.workingUrl()?.value).toBe("redis://redis:6379");
  });

  test("names services, files, volumes and ports that there are", () => {
    for (const { build, image, depends_on = {}, volumes: mounted = [] } of Object.values(services)) {
      expect(build === undefined || existsSync(build.dockerfile)).toBe(true);
      expect(image ?? "built:here").toMatch(/:(?!latest)/);
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(condition).toBe("service_healthy");
        expect(services[name]?.healthcheck).toBeDefined();
      }
      for (const volume of mounted) expect(Object.keys(volumes)).toContain(volume.split(":")[0]);
    }
    // Beyond this machine only what somebody opens on purpose.
    expect(services["memory"]?.ports).toEqual([`127.0.0.1:${PORT}:${PORT}`]);
  });
});

describe("deploy/kubernetes.yaml", () => {
  // biome-ignore lint/suspicious/noExplicitAny: manifests are read, not typed.
  const documents = parseAllDocuments(read("kubernetes.yaml")).map((document) => document.toJS() as any);
  const of = (kind: string) => documents.find((document) => document.kind === kind);

  test("selects the pods it makes, by the port they have", () => {
    const { template, selector } = of("Deployment").spec;
    const labels = template.metadata.labels;
    for (const match of [selector.matchLabels, of("Service").spec.selector])
      expect(labels).toMatchObject(match);
    expect(labels).toMatchObject(of("PodDisruptionBudget").spec.selector.matchLabels);
    const [container] = template.spec.containers;
    expect(container.ports).toEqual([{ name: "http", containerPort: Number(PORT) }]);
    expect(of("Service").spec.ports[0].targetPort).toBe("http");
    const paths = [container.readinessProbe, container.livenessProbe].map(({ httpGet }) => httpGet.path);
    expect(paths).toEqual([ROUTES.ready[1], ROUTES.live[1]]);
  });

  test("sets settings that there are, and runs as nobody special", () => {
    const { containers, securityContext } = of("Deployment").spec.template.spec;
    const names = containers[0].env.map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => !variables.has(name))).toEqual([]);
    expect([securityContext.runAsNonRoot, containers[0].securityContext.allowPrivilegeEscalation]).toEqual([
      true,
      false,
    ]);
    expect(containers[0].image).toBe(`memoir:${manifest.version}`);
  });
});
