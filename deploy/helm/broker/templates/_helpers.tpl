{{- define "broker.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "broker.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "broker.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "broker.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* What selects the release's silos and gateways. The evaluation database and the test have another name. */ -}}
{{- define "broker.selectorLabels" -}}
app.kubernetes.io/name: {{ include "broker.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "broker.metaLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: broker
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "broker.labels" -}}
{{ include "broker.selectorLabels" . }}
{{ include "broker.metaLabels" . }}
{{- end }}

{{- define "broker.postgresLabels" -}}
app.kubernetes.io/name: {{ include "broker.name" . }}-postgres
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "broker.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "broker.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "broker.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "broker.postgresSecret" -}}
{{- default (printf "%s-postgres" (include "broker.fullname" .)) .Values.postgres.existingSecret }}
{{- end }}

{{- define "broker.authSecret" -}}
{{- default (printf "%s-auth" (include "broker.fullname" .)) .Values.auth.existingSecret }}
{{- end }}

{{- /* The component that takes requests. */ -}}
{{- define "broker.front" -}}
{{- if .Values.gateway.separate }}gateway{{ else }}silo{{ end }}
{{- end }}

{{- define "broker.scheme" -}}
{{- if .Values.tls.existingSecret }}https{{ else }}http{{ end }}
{{- end }}

{{- /* Variables that say which database. */ -}}
{{- define "broker.databaseEnv" -}}
- name: Broker__Postgres__ConnectionString
  valueFrom:
    secretKeyRef:
      name: {{ include "broker.postgresSecret" . }}
      key: {{ .Values.postgres.connectionStringKey }}
{{- if .Values.postgres.logDatabasesKey }}
- name: Broker__Postgres__LogDatabases
  valueFrom:
    secretKeyRef:
      name: {{ include "broker.postgresSecret" . }}
      key: {{ .Values.postgres.logDatabasesKey }}
{{- end }}
{{- end }}

{{- /* The container of broker migrate. A database that is not up yet is tried again by Kubernetes. */ -}}
{{- define "broker.migrateContainer" -}}
- name: migrate
  image: {{ include "broker.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args: [migrate]
  env:
    - name: DOTNET_BUNDLE_EXTRACT_BASE_DIR
      value: /tmp/net
    - name: Broker__Postgres__ConnectionString
      valueFrom:
        secretKeyRef:
          name: {{ .Values.migration.existingSecret | default (include "broker.postgresSecret" .) }}
          key: {{ .Values.postgres.connectionStringKey }}
    {{- if .Values.postgres.logDatabasesKey }}
    - name: Broker__Postgres__LogDatabases
      valueFrom:
        secretKeyRef:
          name: {{ .Values.migration.existingSecret | default (include "broker.postgresSecret" .) }}
          key: {{ .Values.postgres.logDatabasesKey }}
    {{- end }}
  resources:
    requests: { cpu: 50m, memory: 128Mi }
    limits: { memory: 512Mi }
  securityContext:
    {{- toYaml .Values.securityContext | nindent 4 }}
  volumeMounts:
    - name: tmp
      mountPath: /tmp
{{- end }}

{{- define "broker.seconds" -}}
{{- printf "%02d:%02d:%02d" (div (int .) 3600) (mod (div (int .) 60) 60) (mod (int .) 60) }}
{{- end }}
