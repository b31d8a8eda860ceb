{{- /* The Deployment, PodDisruptionBudget and HorizontalPodAutoscaler of a component.
       Given: root, component (silo or gateway), values (those of the component), isSilo, isGateway. */ -}}
{{- define "broker.workload" -}}
{{- $root := .root }}
{{- $values := .values }}
{{- $name := printf "%s-%s" (include "broker.fullname" $root) .component }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "broker.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  {{- if not $values.autoscaling.enabled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  # A new pod is in the cluster, and has lived for a while, before an old one goes: shards are handed over and never wait for a start.
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
  minReadySeconds: {{ $root.Values.minReadySeconds }}
  selector:
    matchLabels:
      {{- include "broker.selectorLabels" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
  template:
    metadata:
      labels:
        {{- include "broker.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ .component }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "broker.serviceAccountName" $root }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $root.Values.terminationGracePeriodSeconds }}
      securityContext:
        {{- toYaml $root.Values.podSecurityContext | nindent 8 }}
      {{- with $root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- if and .isSilo (eq $root.Values.migration.mode "init") }}
      initContainers:
        {{- include "broker.migrateContainer" $root | nindent 8 }}
      {{- end }}
      containers:
        - name: broker
          image: {{ include "broker.image" $root }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [serve]
          env:
            - name: POD_NAME
              valueFrom: { fieldRef: { fieldPath: metadata.name } }
            - name: POD_IP
              valueFrom: { fieldRef: { fieldPath: status.podIP } }
            - name: DOTNET_BUNDLE_EXTRACT_BASE_DIR
              value: /tmp/net
            {{- include "broker.databaseEnv" $root | nindent 12 }}
            - name: Broker__Storage__DataDirectory
              value: /tmp/broker
            - name: Broker__Cluster__Roles
              value: {{ if not .isGateway }}silo{{ else if not .isSilo }}gateway{{ else }}silo,gateway{{ end }}
            - name: Broker__Cluster__ClusterId
              value: {{ $root.Values.clusterId | default (include "broker.fullname" $root) | quote }}
            - name: Broker__Cluster__SiloName
              value: $(POD_NAME)
            - name: Broker__Cluster__AdvertisedAddress
              value: $(POD_IP)
            {{- if .isSilo }}
            - name: Broker__Cluster__SiloPort
              value: {{ $root.Values.ports.silo | quote }}
            - name: Broker__Cluster__SiloGatewayPort
              value: {{ $root.Values.ports.siloGateway | quote }}
            {{- end }}
            {{- with $root.Values.clusterTls.existingSecret }}
            - name: Broker__ClusterTls__AuthorityFile
              value: /etc/broker/cluster-tls/ca.crt
            - name: Broker__ClusterTls__CertificateFile
              value: /etc/broker/cluster-tls/tls.crt
            - name: Broker__ClusterTls__KeyFile
              value: /etc/broker/cluster-tls/tls.key
            {{- with $root.Values.clusterTls.allowedNames }}
            - name: Broker__ClusterTls__AllowedNames
              value: {{ join "," . | quote }}
            {{- end }}
            {{- end }}
            - name: Broker__Identity__Region
              value: {{ $root.Values.region | quote }}
            - name: Broker__Identity__AccountId
              value: {{ $root.Values.accountId | quote }}
            - name: Broker__Gateway__Listen
              value: {{ printf "%s://%s:%d" (ternary (include "broker.scheme" $root) "http" .isGateway) $root.Values.listenAddress (int $root.Values.ports.client) | quote }}
            - name: Broker__Gateway__DrainDelay
              value: {{ include "broker.seconds" (ternary $root.Values.drainDelay 0 .isGateway) | quote }}
            - name: Broker__Telemetry__Listen
              value: {{ printf "http://%s:%d" $root.Values.listenAddress (int $root.Values.ports.metrics) | quote }}
            {{- if .isGateway }}
            - name: Broker__Auth__Mode
              value: {{ ternary "On" "None" $root.Values.auth.enabled | quote }}
            {{- if $root.Values.auth.enabled }}
            - name: Broker__Auth__AccessKeyId
              valueFrom:
                secretKeyRef: { name: {{ include "broker.authSecret" $root }}, key: accessKeyId }
            - name: Broker__Auth__SecretAccessKey
              valueFrom:
                secretKeyRef: { name: {{ include "broker.authSecret" $root }}, key: secretAccessKey }
            {{- if $root.Values.auth.keysSecret }}
            - name: Broker__Auth__KeysFile
              value: /etc/broker/auth/keys.json
            {{- end }}
            {{- end }}
            {{- if $root.Values.tls.existingSecret }}
            - name: Broker__Tls__CertificateFile
              value: /etc/broker/tls/tls.crt
            - name: Broker__Tls__KeyFile
              value: /etc/broker/tls/tls.key
            {{- end }}
            {{- if $root.Values.encryption.existingSecret }}
            - name: Broker__Encryption__KeyFile
              value: /etc/broker/encryption/keys.json
            {{- end }}
            {{- end }}
            {{- range $setting, $value := $root.Values.settings }}
            - name: Broker__{{ $setting | replace ":" "__" }}
              value: {{ $value | toString | quote }}
            {{- end }}
            {{- with $root.Values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $root.Values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - { name: client, containerPort: {{ $root.Values.ports.client }} }
            - { name: metrics, containerPort: {{ $root.Values.ports.metrics }} }
            {{- if .isSilo }}
            - { name: silo, containerPort: {{ $root.Values.ports.silo }} }
            - { name: silo-gateway, containerPort: {{ $root.Values.ports.siloGateway }} }
            {{- end }}
          # All on the metrics' port, which is HTTP whatever clients speak. None asks a grain or the database.
          startupProbe:
            httpGet: { path: /livez, port: metrics }
            periodSeconds: 2
            failureThreshold: 90
          livenessProbe:
            httpGet: { path: /livez, port: metrics }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /readyz, port: metrics }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 1
          resources:
            {{- toYaml $values.resources | nindent 12 }}
          securityContext:
            {{- toYaml $root.Values.securityContext | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $root.Values.clusterTls.existingSecret }}
            - name: cluster-tls
              mountPath: /etc/broker/cluster-tls
              readOnly: true
            {{- end }}
            {{- if .isGateway }}
            {{- if and $root.Values.auth.enabled $root.Values.auth.keysSecret }}
            - name: auth-keys
              mountPath: /etc/broker/auth
              readOnly: true
            {{- end }}
            {{- if $root.Values.tls.existingSecret }}
            - name: tls
              mountPath: /etc/broker/tls
              readOnly: true
            {{- end }}
            {{- if $root.Values.encryption.existingSecret }}
            - name: encryption
              mountPath: /etc/broker/encryption
              readOnly: true
            {{- end }}
            {{- end }}
            {{- with $root.Values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 256Mi }
        {{- with $root.Values.clusterTls.existingSecret }}
        - name: cluster-tls
          secret: { secretName: {{ . }} }
        {{- end }}
        {{- if .isGateway }}
        {{- if and $root.Values.auth.enabled $root.Values.auth.keysSecret }}
        - name: auth-keys
          secret: { secretName: {{ $root.Values.auth.keysSecret }} }
        {{- end }}
        {{- if $root.Values.tls.existingSecret }}
        - name: tls
          secret: { secretName: {{ $root.Values.tls.existingSecret }} }
        {{- end }}
        {{- if $root.Values.encryption.existingSecret }}
        - name: encryption
          secret: { secretName: {{ $root.Values.encryption.existingSecret }} }
        {{- end }}
        {{- end }}
        {{- with $root.Values.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - topologyKey: {{ $key }}
          maxSkew: 1
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "broker.selectorLabels" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $.component }}
        {{- end }}
        {{- end }}
      {{- with $values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.affinity }}
      affinity:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- if $values.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "broker.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  maxUnavailable: {{ $values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "broker.selectorLabels" $root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
{{- end }}
{{- if $values.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "broker.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ $name }}
  minReplicas: {{ $values.autoscaling.minReplicas }}
  maxReplicas: {{ $values.autoscaling.maxReplicas }}
  metrics:
    {{- if $values.autoscaling.targetCPUUtilizationPercentage }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ $values.autoscaling.targetCPUUtilizationPercentage }}
    {{- end }}
    {{- if $values.autoscaling.targetRecordsPerSecond }}
    - type: Pods
      pods:
        metric:
          name: {{ $values.autoscaling.recordsPerSecondMetric }}
        target:
          type: AverageValue
          averageValue: {{ $values.autoscaling.targetRecordsPerSecond | quote }}
    {{- end }}
  behavior:
    scaleUp:
      policies:
        - { type: Percent, value: 100, periodSeconds: 60 }
    # Each pod that goes hands its shards over first; one at a time, and not for a lull.
    scaleDown:
      stabilizationWindowSeconds: 600
      policies:
        - { type: Pods, value: 1, periodSeconds: 120 }
{{- end }}
{{- end }}
