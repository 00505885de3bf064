{{/* The first part of all names. */}}
{{- define "liferooms.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "liferooms.tag" -}}{{ .Values.image.tag | default .Chart.AppVersion }}{{- end -}}

{{/* Labels of everything. */}}
{{- define "liferooms.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ include "liferooms.tag" . | replace "+" "_" | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: liferooms
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Labels that pods are selected by; they never change. Called with root and component. */}}
{{- define "liferooms.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* Labels of one component's resources. */}}
{{- define "liferooms.componentLabels" -}}
{{ include "liferooms.labels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{/* An image, by digest where one is given. Called with root and image. */}}
{{- define "liferooms.image" -}}
{{- $name := .image.repository -}}
{{- with .root.Values.image.registry }}{{ $name = printf "%s/%s" (trimSuffix "/" .) $name }}{{ end -}}
{{- if .image.digest -}}
{{ $name }}@{{ .image.digest }}
{{- else -}}
{{ $name }}:{{ include "liferooms.tag" .root }}
{{- end -}}
{{- end -}}

{{/* What holds for every pod: restricted, no token but those mounted by name, no variables of other Services. */}}
{{- define "liferooms.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- range $key := list "runAsUser" "runAsGroup" "fsGroup" }}
  {{- $value := index $.Values.podSecurityContext $key }}
  {{- if not (kindIs "invalid" $value) }}
  {{ $key }}: {{ $value }}
  {{- end }}
  {{- end }}
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* What holds for every container. */}}
{{- define "liferooms.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities:
    drop: [ALL]
{{- end -}}

{{/* Where the pods of a component go. Called with root, component and values. */}}
{{- define "liferooms.placement" -}}
topologySpreadConstraints:
{{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else }}
  {{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ $key }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "liferooms.selector" (dict "root" $.root "component" $.component) | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- with .values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* Nine tenths of a memory limit, for Go's collector to keep within. Called with the quantity. */}}
{{- define "liferooms.goMemoryLimit" -}}
{{- $quantity := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $quantity -}}
{{- $number := trimSuffix $unit $quantity -}}
{{- $factors := dict "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 -}}
{{- if not (hasKey $factors $unit) -}}
{{- fail (printf "the memory limit %q: write it in Mi or Gi" $quantity) -}}
{{- end -}}
{{- printf "%d" (int64 (mulf (float64 $number) (float64 (index $factors $unit)) 0.9)) -}}
{{- end -}}

{{- define "liferooms.publicHost" -}}{{ (urlParse .Values.publicURL).hostname }}{{- end -}}

{{/* What gives publicURL its route: ingress, gateway or none. */}}
{{- define "liferooms.publicRoute" -}}
{{- if not .Values.routes.publicURL.enabled -}}none
{{- else if eq .Values.routes.mode "auto" -}}{{ empty .Values.routes.gateway.name | ternary "ingress" "gateway" }}
{{- else -}}{{ .Values.routes.mode }}
{{- end -}}
{{- end -}}

{{- define "liferooms.secretKeySecret" -}}
{{- .Values.secretKey.existingSecret | default (printf "%s-secret-key" (include "liferooms.fullname" .)) -}}
{{- end -}}

{{- define "liferooms.clusterName" -}}
{{- .Values.database.cnpg.name | default (printf "%s-db" (include "liferooms.fullname" .)) -}}
{{- end -}}

{{/* The Secret of a database role. Called with root and role (owner or app). */}}
{{- define "liferooms.databaseSecret" -}}
{{- $mode := index .root.Values.database .root.Values.database.mode -}}
{{- (index $mode .role).existingSecret | default (printf "%s-database-%s" (include "liferooms.fullname" .root) .role) -}}
{{- end -}}

{{/*
How a database role connects: the variable that holds the URL, and what goes with it. Called with root, role (owner or
app), user and variable. With CloudNativePG the password comes beside the URL (libpq's PGPASSWORD, which pgx reads): it
may then hold any character, and its Secret is one that CloudNativePG itself understands.
*/}}
{{- define "liferooms.databaseEnv" -}}
{{- $database := .root.Values.database -}}
{{- $secret := include "liferooms.databaseSecret" (dict "root" .root "role" .role) -}}
{{- if eq $database.mode "cnpg" -}}
- name: {{ .variable }}
  value: postgres://{{ .user }}@{{ include "liferooms.clusterName" .root }}-rw:5432/{{ $database.cnpg.database }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: password
{{- else -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ (index $database.external .role).key }}
{{- end }}
{{- if include "liferooms.databaseCA" .root }}
- name: PGSSLMODE
  value: verify-full
- name: PGSSLROOTCERT
  value: /etc/liferooms/database/ca.crt
{{- end }}
{{- end -}}

{{/* The Secret with the authority of Postgres' certificate, as name and key. Empty: none. */}}
{{- define "liferooms.databaseCA" -}}
{{- if eq .Values.database.mode "cnpg" -}}
{{- dict "secret" (printf "%s-ca" (include "liferooms.clusterName" .)) "key" "ca.crt" | toYaml -}}
{{- else if .Values.database.external.ca.existingSecret -}}
{{- dict "secret" .Values.database.external.ca.existingSecret "key" .Values.database.external.ca.key | toYaml -}}
{{- end -}}
{{- end -}}

{{/* What a Secret that was made once holds: as it is in the cluster, or else as given. Called with root, name, key and new. */}}
{{- define "liferooms.kept" -}}
{{- $there := (lookup "v1" "Secret" .root.Release.Namespace .name).data | default dict -}}
{{- index $there .key | default (.new | b64enc) -}}
{{- end -}}

{{/* What cannot be left out, said before anything is made. */}}
{{- define "liferooms.check" -}}
{{- if eq (include "liferooms.tag" .) "latest" -}}
{{- fail "image.tag is latest, which is another version each day: say which version" -}}
{{- end -}}
{{- if not .Values.publicURL -}}
{{- fail "publicURL is missing: say how browsers reach the app, as --set publicURL=https://liferooms.example.org" -}}
{{- end -}}
{{- if eq .Values.database.mode "external" -}}
{{- range $role := list "owner" "app" -}}
{{- $given := index $.Values.database.external $role -}}
{{- if and (not $given.existingSecret) (not $given.url) -}}
{{- fail (printf "database.external.%s is missing: name a Secret with its URL (database.external.%s.existingSecret, key %q) or give the url; or let CloudNativePG make a database: --set database.mode=cnpg" $role $role $given.key) -}}
{{- end -}}
{{- if and $given.existingSecret $given.url -}}
{{- fail (printf "database.external.%s has an existingSecret and a url: give one of them" $role) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (include "liferooms.databaseSecret" (dict "root" . "role" "owner")) (include "liferooms.databaseSecret" (dict "root" . "role" "app"))) (eq .Values.database.external.owner.key .Values.database.external.app.key) -}}
{{- fail "database.external.owner and database.external.app are the same: the server must not have the owner's URL; give it a role that is only a member of liferooms_app" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.routes.mode "gateway") (not .Values.routes.gateway.name) -}}
{{- fail "routes.mode is gateway: name the Gateway in routes.gateway.name" -}}
{{- end -}}
{{- if and .Values.routes.publicURL.enabled (eq .Values.routes.mode "none") -}}
{{- fail "routes.publicURL.enabled needs a route, and routes.mode is none: choose ingress or gateway" -}}
{{- end -}}
{{- end -}}

{{/* The URLs that were given to the chart itself. Empty: none. */}}
{{- define "liferooms.databaseURLs" -}}
{{- if eq .Values.database.mode "external" -}}
{{- .Values.database.external.owner.url }}{{ .Values.database.external.app.url -}}
{{- end -}}
{{- end -}}

{{/* A token for the Kubernetes API, as client-go looks for it. */}}
{{- define "liferooms.kubernetesToken" -}}
- serviceAccountToken:
    path: token
    expirationSeconds: 3600
- configMap:
    name: kube-root-ca.crt
    items:
      - key: ca.crt
        path: ca.crt
- downwardAPI:
    items:
      - path: namespace
        fieldRef:
          fieldPath: metadata.namespace
{{- end -}}

{{/* Rules of NetworkPolicies that several share. */}}
{{- define "liferooms.dnsEgress" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
  to:
    - namespaceSelector: {}
      podSelector:
        matchLabels:
          k8s-app: kube-dns
    # NodeLocal DNSCache.
    - ipBlock:
        cidr: 169.254.20.10/32
{{- end -}}

{{- define "liferooms.kubernetesEgress" -}}
- ports:
    {{- range .Values.networkPolicy.kubernetesAPI.ports }}
    - port: {{ . }}
    {{- end }}
  to:
    {{- range .Values.networkPolicy.kubernetesAPI.cidrs }}
    - ipBlock:
        cidr: {{ . | quote }}
    {{- end }}
{{- end -}}

{{- define "liferooms.metricsIngress" -}}
{{- if .Values.networkPolicy.metricsNamespaces -}}
- ports:
    - port: metrics
  from:
    - namespaceSelector:
        matchExpressions:
          - key: kubernetes.io/metadata.name
            operator: In
            values:
              {{- toYaml .Values.networkPolicy.metricsNamespaces | nindent 14 }}
{{- end -}}
{{- end -}}
