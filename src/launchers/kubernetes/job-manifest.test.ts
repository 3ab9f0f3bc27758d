import { describe, expect, it } from 'vitest';
import * as zod from 'zod';
import { clusterSchema } from '../../core/cluster-settings.ts';
import type { WorkerOrder } from '../../core/cluster.ts';
import { jobManifest, jobName, type KubernetesSettings } from './job-manifest.ts';
import { openKubernetes } from './kubernetes-launcher.ts';

const order: WorkerOrder = {
  name: 'pb-20261130-120000-k3f9-o1-a1',
  runId: '20261130-120000-k3f9',
  attempt: 1,
  models: ['llama'],
  needs: { gpus: 4, memoryBytes: 2 ** 31 + 1 },
  workers: 3,
  isExclusive: true,
  words: ['work', '20261130-120000-k3f9', '--store', 'postgres://perbench@db/perbench', '--model', 'a $(b)'],
};

function settings(given: object = {}): KubernetesSettings {
  const { kubernetes } = clusterSchema(zod).parse({ kubernetes: given });
  if (kubernetes === undefined) throw new Error('no settings');
  return kubernetes;
}

describe('jobManifest', () => {
  it('is what a person would apply', () => {
    const launcher = openKubernetes(undefined, { environment: {}, signal: new AbortController().signal });
    expect(launcher.print([order])).toMatchInlineSnapshot(`
      "apiVersion: batch/v1
      kind: Job
      metadata:
        name: pb-20261130-120000-k3f9-o1-a1
        labels:
          app.kubernetes.io/name: perbench
          perbench/run: 20261130-120000-k3f9
          perbench/order: pb-20261130-120000-k3f9-o1-a1
      spec:
        completionMode: Indexed
        completions: 3
        parallelism: 3
        backoffLimitPerIndex: 0
        podFailurePolicy:
          rules:
            - action: Ignore
              onPodConditions:
                - type: DisruptionTarget
                  status: "True"
            - action: FailJob
              onExitCodes:
                containerName: worker
                operator: In
                values:
                  - 2
        ttlSecondsAfterFinished: 604800
        template:
          metadata:
            labels:
              app.kubernetes.io/name: perbench
              perbench/run: 20261130-120000-k3f9
              perbench/order: pb-20261130-120000-k3f9-o1-a1
          spec:
            restartPolicy: Never
            terminationGracePeriodSeconds: 120
            automountServiceAccountToken: false
            affinity:
              podAntiAffinity:
                requiredDuringSchedulingIgnoredDuringExecution:
                  - topologyKey: kubernetes.io/hostname
                    labelSelector:
                      matchLabels:
                        app.kubernetes.io/name: perbench
                    namespaceSelector: {}
            containers:
              - name: worker
                image: perbench
                args:
                  - work
                  - 20261130-120000-k3f9
                  - --store
                  - postgres://perbench@db/perbench
                  - --model
                  - a $$(b)
                env:
                  - name: NODE_NAME
                    valueFrom:
                      fieldRef:
                        fieldPath: spec.nodeName
                envFrom:
                  - secretRef:
                      name: perbench-store
                resources:
                  limits:
                    nvidia.com/gpu: "4"
                  requests:
                    memory: 2049Mi
                volumeMounts:
                  - name: shared-memory
                    mountPath: /dev/shm
            volumes:
              - name: shared-memory
                emptyDir:
                  medium: Memory
      "
    `);
  });

  it('has what the suite says, and nothing else', () => {
    const full = settings({
      namespace: 'team',
      image: 'registry.example/perbench:1',
      pullPolicy: 'Always',
      serviceAccount: 'bench',
      queue: 'night',
      nodeSelector: { gpu: 'h100' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      volumes: { '/models': 'models', '/data/cache': 'cache' },
    });
    const { metadata, spec } = jobManifest(
      { ...order, needs: { gpus: 0, memoryBytes: undefined }, isExclusive: false },
      full,
    );
    expect(metadata).toMatchObject({ namespace: 'team', labels: { 'kueue.x-k8s.io/queue-name': 'night' } });
    const pod = spec?.template.spec;
    expect(pod).toMatchObject({
      serviceAccountName: 'bench',
      nodeSelector: { gpu: 'h100' },
      tolerations: [{ key: 'gpu', operator: 'Exists' }],
      volumes: [
        { name: 'volume-0', persistentVolumeClaim: { claimName: 'models' } },
        { name: 'volume-1', persistentVolumeClaim: { claimName: 'cache' } },
      ],
    });
    expect(pod?.affinity).toBeUndefined();
    expect(pod?.containers[0]).toMatchObject({
      image: 'registry.example/perbench:1',
      imagePullPolicy: 'Always',
      resources: {},
      volumeMounts: [
        { name: 'volume-0', mountPath: '/models' },
        { name: 'volume-1', mountPath: '/data/cache' },
      ],
    });
  });

  it('refuses a toleration that Kubernetes does not know', () => {
    expect(() => settings({ tolerations: [{ kee: 'gpu' }] })).toThrow(/kee/u);
  });
});

describe('jobName', () => {
  it('leaves room for the index and stays its own', () => {
    const long = `pb-${'x'.repeat(59)}`;
    expect(jobName(order.name)).toBe(order.name);
    expect(jobName(`${long}1`)).toHaveLength(57);
    expect(jobName(`${long}1`)).not.toBe(jobName(`${long}2`));
    expect(jobName(`${long}1`)).toMatch(/^[a-z0-9-]+[a-z0-9]$/u);
  });
});
