{{- $message := $event.message }}
{{- if hasKey $event "probe" }}
  {{- $probe := $event.probe | default dict }}
  {{- if hasKey $probe "exec" }}
    {{- $message = print $message "the agent does not answer" }}
  {{- else if hasKey $probe "tcpSocket" }}
    {{- $message = print $message (printf "dial tcp %s:%v: connectex: No connection could be made because the target machine actively refused it." $pod.status.hostIP $probe.tcpSocket.port) }}
  {{- else }}
    {{- $message = print $message "HTTP probe failed with statuscode: 503" }}
  {{- end }}
{{- end }}
apiVersion: v1
kind: Event
metadata:
  name: {{ $pod.metadata.name }}.{{ sha256sum (print $pod.metadata.uid $event.reason $event.field) | trunc 16 }}
  namespace: {{ $pod.metadata.namespace }}
involvedObject:
  apiVersion: v1
  kind: Pod
  namespace: {{ $pod.metadata.namespace }}
  name: {{ $pod.metadata.name }}
  uid: {{ $pod.metadata.uid }}
  {{- if $event.field }}
  fieldPath: {{ $event.field }}
  {{- end }}
type: {{ $event.type | default "Warning" }}
reason: {{ $event.reason }}
message: {{ $message | Quote }}
source: {component: kubelet, host: {{ $pod.spec.nodeName }}}
reportingComponent: kubelet
reportingInstance: {{ $pod.spec.nodeName }}
firstTimestamp: {{ $event.first | default $pod.status.startTime | default $pod.metadata.creationTimestamp | Quote }}
lastTimestamp: {{ dateInZone "2006-01-02T15:04:05Z07:00" now "UTC" | Quote }}
count: {{ $event.count | default 1 }}
